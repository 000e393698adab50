import { h } from "./dom.ts";

export interface Message {
  readonly title: string;
  readonly text: string;
  readonly action?: { readonly label: string; run(): void };
}

/** A whole screen that says one thing, and what can be done about it. */
export function messageScreen(root: HTMLElement, { title, text, action }: Message): void {
  root.replaceChildren(
    h(
      "main",
      { class: "sheet message" },
      h("p", { class: "brand" }, "NGN Bouncer Mode"),
      h("h1", {}, title),
      h("p", { class: "lead", role: "status" }, text),
      action === undefined
        ? null
        : h("button", { class: "button primary", onclick: action.run }, action.label),
    ),
  );
}
