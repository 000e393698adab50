import type { HandDesk, LetIn, Wait } from "../by_hand.ts";
import { type Finding, placesLeft } from "../core/by_hand.ts";
import { ALPHABET, display, spelled, typedOrder } from "../core/order_id.ts";
import { h, icon, say } from "./dom.ts";
import { findingWords, orderWords, peopleWords, waitWords } from "./late_words.ts";

/** Manual verification: an Order ID is typed, then it is said what is known of it, then people are let in. */
export function manualDialog(desk: HandDesk) {
  const element = h("dialog", { class: "dialog manual", "aria-labelledby": "manual-title" });
  const close = () => element.close();

  function type(): void {
    const entry = orderEntry(async (orderId, tell) => {
      tell("Looking it up");
      const finding = await desk.lookUp(orderId);
      if (finding.t === "wait") tell(waitWords(finding.ms), true);
      else if (element.open) decide(finding);
    }, close);
    element.replaceChildren(entry.form);
    entry.focus();
  }

  function decide(finding: Finding): void {
    const step = placesLeft(finding) > 0 ? people(desk, finding, close, type) : nobody(finding, type);
    element.replaceChildren(step);
    step.querySelector<HTMLElement>("h2")?.focus();
  }

  return {
    element,
    open(): void {
      element.showModal();
      type();
    },
  };
}

type Tell = (words: string, isWrong?: boolean) => void;

function orderEntry(lookUp: (orderId: string, tell: Tell) => Promise<void>, cancel: () => void) {
  const field = h("input", {
    id: "order-id",
    "data-testid": "order-entry",
    inputmode: "none",
    autocomplete: "off",
    autocapitalize: "characters",
    spellcheck: "false",
    maxlength: 24,
    "aria-describedby": "order-said",
  });
  const said = h("p", { class: "help", id: "order-said", "data-testid": "order-said", role: "status" });
  const tell: Tell = (words, isWrong = false) => {
    if (isWrong) said.dataset["wrong"] = "";
    else delete said.dataset["wrong"];
    say(said, words);
  };
  const recount = () => {
    const typed = typedOrder(field.value);
    tell(orderWords(typed), typed.t === "slip" || typed.t === "foreign");
  };
  const edit = (value: string) => {
    field.value = display(spelled(value));
    recount();
  };
  field.addEventListener("input", recount);
  const submit = (event: Event) => {
    event.preventDefault();
    const typed = typedOrder(field.value);
    if (typed.t === "order") void lookUp(typed.id, tell);
    else tell(orderWords(typed), true);
  };
  const form = h(
    "form",
    { onsubmit: submit },
    h("h2", { id: "manual-title" }, "Let in by Order ID"),
    h(
      "div",
      { class: "typed-order" },
      h("label", { for: "order-id" }, "Order ID, like 7Q4M2-XK9TD-3"),
      field,
      said,
    ),
    h(
      "div",
      { class: "keypad letters" },
      ...[...ALPHABET].map((key) => keyButton(key, () => edit(field.value + key))),
    ),
    h(
      "div",
      { class: "manual-bar" },
      h("button", { type: "button", class: "button", onclick: cancel }, "Cancel"),
      h(
        "button",
        {
          type: "button",
          class: "button",
          "aria-label": "Delete the last character",
          onclick: () => edit(spelled(field.value).slice(0, -1)),
        },
        icon("back"),
      ),
      h("button", { class: "button primary", "data-testid": "order-submit" }, "Look up"),
    ),
  );
  recount();
  return { form, focus: () => field.focus() };
}

/** Nobody comes in by this Order ID. */
function nobody(finding: Finding, back: () => void): HTMLElement {
  return h(
    "div",
    { class: "stack finding", "data-testid": "finding", "data-finding": finding.t },
    ...heading(finding),
    h("button", { class: "button primary huge", type: "button", onclick: back }, "Back"),
  );
}

function people(desk: HandDesk, finding: Finding, done: () => void, back: () => void): HTMLElement {
  const left = placesLeft(finding);
  const needsPin = finding.t === "unlisted_order" && finding.policy === "supervisor";
  let count = 1;
  const shown = h("output", { class: "how-many", "data-testid": "people", "aria-live": "polite" });
  const go = h("button", { class: "button primary huge", "data-testid": "let-in" });
  const problem = h("p", { class: "problem", role: "alert", "data-testid": "manual-problem" });
  const pin = pinField();
  const become = (wanted: number) => {
    count = Math.min(left, Math.max(1, wanted));
    say(shown, peopleWords(count));
    say(go, `Let ${peopleWords(count)} in`);
  };
  const submit = async (event: Event) => {
    event.preventDefault();
    go.disabled = true;
    const outcome = await desk.letIn(finding, count, needsPin ? pin.input.value : "");
    go.disabled = false;
    if (outcome.t === "let_in") done();
    else say(problem, problemWords(outcome));
  };
  become(1);
  return h(
    "form",
    {
      class: "stack finding",
      "data-testid": "finding",
      "data-finding": finding.t,
      onsubmit: (event) => void submit(event),
    },
    ...heading(finding),
    h(
      "div",
      { class: "counter", role: "group", "aria-label": "How many people" },
      h(
        "button",
        { type: "button", class: "key", "aria-label": "One less", onclick: () => become(count - 1) },
        "−",
      ),
      shown,
      h(
        "button",
        { type: "button", class: "key", "aria-label": "One more", onclick: () => become(count + 1) },
        "+",
      ),
    ),
    needsPin ? pin.element : null,
    problem,
    go,
    h("button", { class: "button", type: "button", onclick: back }, "Back"),
  );
}

function heading(finding: Finding): HTMLElement[] {
  const { title, text } = findingWords(finding);
  return [
    h("p", { class: "help num" }, `Order ${display(finding.orderId)}`),
    h("h2", { id: "manual-title", tabindex: "-1" }, title),
    h("p", { class: "lead" }, text),
  ];
}

function pinField() {
  const input = h("input", {
    id: "pin",
    type: "password",
    inputmode: "numeric",
    autocomplete: "off",
    maxlength: 12,
    required: true,
    "data-testid": "pin",
  });
  return { input, element: h("div", {}, h("label", { for: "pin" }, "Supervisor's PIN"), input) };
}

function problemWords(outcome: LetIn | Wait): string {
  if (outcome.t === "wait") return waitWords(outcome.ms);
  if (outcome.t === "wrong_pin") return "That is not the supervisor's PIN.";
  if (outcome.t === "full") return "That many have no ticket left.";
  return "This phone cannot keep its journal, so it lets nobody in.";
}

function keyButton(key: string, press: () => void): HTMLElement {
  return h("button", { type: "button", class: "key", onclick: press }, key);
}
