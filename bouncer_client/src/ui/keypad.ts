import { h, icon, say } from "./dom.ts";

const LENGTH = 45;
const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9"];

/** A dialog for a code that no camera reads: a keypad for gloves, and a field for whatever types. */
export function typedEntry(submit: (text: string) => void) {
  const field = h("input", {
    id: "typed",
    "data-testid": "typed-entry",
    inputmode: "none",
    autocomplete: "off",
    spellcheck: "false",
    maxlength: 512,
    "aria-describedby": "typed-count",
  });
  const count = h("p", { class: "help", id: "typed-count", "aria-live": "polite" });
  const counted = () => say(count, `${field.value.replace(/\s/g, "").length} of ${LENGTH} digits`);
  field.addEventListener("input", counted);
  const press = (key: string) => {
    field.value += key;
    counted();
  };
  const erase = () => {
    field.value = field.value.slice(0, -1);
    counted();
  };
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "typed-title" },
    h(
      "form",
      {
        method: "dialog",
        onsubmit: () => {
          const text = field.value.replace(/\s/g, "");
          if (text !== "") submit(text);
        },
      },
      h("h2", { id: "typed-title" }, "Type a code"),
      h("label", { for: "typed" }, "The code's 45 digits"),
      field,
      count,
      h(
        "div",
        { class: "keypad" },
        ...KEYS.map((key) => keyButton(key, () => press(key))),
        h(
          "button",
          { type: "button", class: "key", "aria-label": "Delete the last digit", onclick: erase },
          icon("back"),
        ),
        keyButton("0", () => press("0")),
        h("button", { class: "key go", "data-testid": "typed-submit" }, "Check"),
      ),
      h("button", { type: "button", class: "button", onclick: () => dialog.close() }, "Cancel"),
    ),
  );
  return {
    element: dialog,
    open(): void {
      field.value = "";
      counted();
      dialog.showModal();
      field.focus();
    },
  };
}

function keyButton(key: string, press: () => void): HTMLElement {
  return h("button", { type: "button", class: "key", onclick: press }, key);
}
