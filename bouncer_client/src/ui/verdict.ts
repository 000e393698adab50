import type { Screen } from "../core/scan.ts";
import { h, type IconName, icon } from "./dom.ts";
import { proofWords, type Words, wordsFor } from "./words.ts";

const ICONS: Readonly<Record<Words["tone"], IconName>> = { admit: "tick", deny: "cross", check: "question" };

/** A way forward from a verdict. */
export interface Way {
  readonly label: string;
  readonly testId: string;
  run(): void;
}

/** The answer to a scan, over the whole screen: colour, sign, word, and the figure that matters. */
export function verdictOverlay(
  zone: string,
  dismiss: () => void,
  undo: (screen: Screen) => void,
  unlisted: readonly Way[],
) {
  const element = h("div", { class: "verdict", role: "alert", "aria-live": "assertive", hidden: true });
  element.addEventListener("click", dismiss);
  let shown: Screen | null = null;

  function show(screen: Screen): void {
    const words = wordsFor(screen.verdict, { ...screen, zone });
    element.dataset["testid"] = "verdict";
    element.dataset["verdict"] = screen.verdict.t;
    element.dataset["confirmed"] = String(screen.confirmed);
    element.dataset["tone"] = words.tone;
    const { t } = screen.verdict;
    const back = t === "admitted" || t === "by_hand" ? undoButton(() => undo(screen)) : null;
    element.replaceChildren(
      content(words, screen),
      ...(t === "unlisted" ? [h("div", { class: "ways" }, ...unlisted.map(wayButton))] : []),
      h("div", { class: "verdict-bar" }, back, next(words)),
    );
    element.hidden = false;
  }

  return {
    element,
    render(screen: Screen | null): void {
      if (screen === shown) return;
      shown = screen;
      if (screen !== null) show(screen);
      else hide(element);
    },
  };
}

function hide(element: HTMLElement): void {
  element.hidden = true;
  element.replaceChildren();
  delete element.dataset["testid"];
}

function wayButton({ label, testId, run }: Way): HTMLElement {
  const press = (event: Event) => {
    event.stopPropagation();
    run();
  };
  return h("button", { class: "button", type: "button", "data-testid": testId, onclick: press }, label);
}

function content(words: Words, { confirmed, verdict }: Screen): HTMLElement {
  return h(
    "div",
    { class: "say" },
    h("p", { class: "proof" }, verdict.t === "by_hand" ? "By hand" : proofWords(words.tone, confirmed)),
    h("div", { class: "sign" }, icon(ICONS[words.tone])),
    h("p", { class: "word", "data-testid": "verdict-word" }, words.word),
    h(
      "div",
      { class: "detail", "data-testid": "verdict-detail" },
      words.figure === null ? null : h("p", { class: "figure" }, words.figure),
      h("p", {}, words.detail),
    ),
    words.advice === "" ? null : h("p", { class: "advice" }, words.advice),
  );
}

/** The whole screen is the button; this one is for fingers that look for a button, keyboards and screen readers. */
function next({ tone }: Words): HTMLElement {
  return h(
    "button",
    { class: "next", "data-testid": "dismiss", type: "button" },
    tone === "admit" ? "Next" : "Tap anywhere for the next",
  );
}

/** Let in by mistake: the screen stays as it is until somebody has said whether it was one. */
function undoButton(undo: () => void): HTMLElement {
  const press = (event: Event) => {
    event.stopPropagation();
    undo();
  };
  return h(
    "button",
    { class: "next undo-now", "data-testid": "undo", type: "button", onclick: press },
    "Undo",
  );
}
