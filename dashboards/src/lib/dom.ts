/** The element that the template promises; a page without it is broken, and says so. */
export function need<E extends Element = HTMLElement>(selector: string, root: ParentNode = document): E {
  const found = root.querySelector<E>(selector);
  if (found === null) throw new Error(`the page has no ${selector}`);
  return found;
}

/** The value that the template put into `<script type="application/json" id=...>`. */
export function pageData<T>(id: string): T {
  return JSON.parse(need(`#${id}`).textContent ?? "") as T;
}

/** Write only what changed, so that screen readers and animations are not told the same thing again. */
export function setText(element: Element, text: string): boolean {
  if (element.textContent === text) return false;
  element.textContent = text;
  return true;
}

/** Show the one part of a page whose `data-when` lists `state`. */
export function showWhen(root: ParentNode, state: string): void {
  for (const part of root.querySelectorAll<HTMLElement>("[data-when]"))
    part.hidden = !(part.dataset["when"] ?? "").split(" ").includes(state);
}

/** An element of a class, with text or children. */
export function make(tag: string, className: string, ...content: (string | Node)[]): HTMLElement {
  const element = document.createElement(tag);
  if (className !== "") element.className = className;
  element.append(...content);
  return element;
}

/** Start a CSS animation that `className` names, again if it is running. */
export function replay(element: HTMLElement, className: string): void {
  element.classList.remove(className);
  void element.offsetWidth; // reading the layout makes the browser forget the animation that ran
  element.classList.add(className);
}

export function prefersStillness(): boolean {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
