type Child = Node | string | null | undefined;
type Attributes = Readonly<Record<string, string | number | boolean | null | ((event: Event) => void)>>;

/** An element with attributes (`onclick` and the like are listeners, null and false are left out) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== null && value !== false)
      element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.filter((child) => child !== null && child !== undefined));
  return element;
}

/** Write a text, touching the page only when it changes: a screen reader hears changes, not repetitions. */
export function say(element: Element, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const PATHS = {
  tick: "M4 13l5.5 5.5L20 7",
  cross: "M5 5l14 14M19 5L5 19",
  question: "M8 9a4 4 0 1 1 6.2 3.3c-1.4 1-2.2 1.6-2.2 3.2M12 20v.01",
  menu: "M4 7h16M4 12h16M4 17h16",
  keypad: "M6 6v.01M12 6v.01M18 6v.01M6 12v.01M12 12v.01M18 12v.01M6 18v.01M12 18v.01M18 18v.01",
  torch: "M8 3h8l-1 5v12a1 1 0 0 1-1 1h-4a1 1 0 0 1-1-1V8zM12 12v3",
  camera: "M4 8h3l2-3h6l2 3h3v11H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7",
  back: "M20 6H9l-6 6 6 6h11zM12 10l4 4M16 10l-4 4",
  undo: "M9 6L4 11l5 5M4 11h10a5 5 0 0 1 0 10h-3",
  hand: "M8 13V6a1.5 1.5 0 0 1 3 0v5V4.5a1.5 1.5 0 0 1 3 0V11V6a1.5 1.5 0 0 1 3 0v8a7 7 0 0 1-7 7c-3 0-4-1.5-6-5l-1-2a1.5 1.5 0 0 1 2.5-1.5z",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18M12 7v5l3 3",
} as const;

export type IconName = keyof typeof PATHS;

/** A line drawing in the text's colour, for eyes only. */
export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", `icon icon-${name}`);
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(svg.namespaceURI, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg as SVGSVGElement;
}
