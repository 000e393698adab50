/** The person's own choice of theme lives in a cookie, so that the server's first paint already has it. */
export function followThemeButton(button: HTMLElement): void {
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = isDark() ? "light" : "dark";
    document.documentElement.dataset["theme"] = next;
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers that we serve
    document.cookie = `ngn-theme=${next}; path=/; max-age=31536000; samesite=lax`;
  });
}

function isDark(): boolean {
  const chosen = document.documentElement.dataset["theme"];
  return chosen ? chosen === "dark" : !matchMedia("(prefers-color-scheme: light)").matches;
}
