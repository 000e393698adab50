export type Theme = "system" | "light" | "dark";

const ORDER: readonly Theme[] = ["system", "light", "dark"];

export function themeAfter(theme: Theme): Theme {
  return ORDER[(ORDER.indexOf(theme) + 1) % ORDER.length] ?? "system";
}

/** A theme by the name in the page or its cookie; whatever else stands there is the machine's own. */
export function themeNamed(name: string | undefined): Theme {
  return name === "light" || name === "dark" ? name : "system";
}

/** The person's own choice of theme lives in a cookie, so that the server's first paint already has it. */
export function followThemeButton(button: HTMLElement): void {
  const root = document.documentElement;
  const say = (theme: Theme) => {
    button.textContent = `Theme: ${theme}`;
  };
  say(themeNamed(root.dataset["theme"]));
  button.hidden = false;
  button.addEventListener("click", () => {
    const next = themeAfter(themeNamed(root.dataset["theme"]));
    if (next === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = next;
    keep(next);
    say(next);
  });
}

function keep(theme: Theme): void {
  const age = theme === "system" ? 0 : 31_536_000;
  // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing in browsers that we serve
  document.cookie = `ngn-theme=${theme}; path=/; max-age=${age}; samesite=lax`;
}
