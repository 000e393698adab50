const KEY = "ngn.door.theme";

export type Theme = "dark" | "light";

export function currentTheme(): Theme {
  return document.documentElement.dataset["theme"] === "light" ? "light" : "dark";
}

export function setTheme(theme: Theme): void {
  document.documentElement.dataset["theme"] = theme;
  try {
    localStorage.setItem(KEY, theme);
  } catch {
    // It holds until the page is closed.
  }
}

/** Dark unless a person at this phone has chosen otherwise: doors are dark, whatever the phone prefers by day. */
export function restoreTheme(): void {
  try {
    if (localStorage.getItem(KEY) === "light") setTheme("light");
  } catch {
    // Storage is forbidden: dark it is.
  }
}
