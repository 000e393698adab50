import { typedCode } from "../core/typed_code.ts";
import { h, icon, say } from "./dom.ts";
import { counted } from "./words.ts";

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
  const count = h("p", { class: "help", id: "typed-count", "data-testid": "typed-count", role: "status" });
  const recount = () => {
    delete count.dataset["wrong"];
    say(count, countWords(field.value));
  };
  field.addEventListener("input", recount);
  const edit = (value: string) => {
    field.value = value;
    field.scrollLeft = field.scrollWidth;
    recount();
  };
  const check = (event: Event) => {
    const typed = typedCode(field.value);
    if ("text" in typed) {
      submit(typed.text);
      return;
    }
    event.preventDefault();
    count.dataset["wrong"] = "";
    say(count, missingWords(typed.missing));
    field.focus();
  };
  const dialog = h(
    "dialog",
    { class: "dialog typing", "aria-labelledby": "typed-title" },
    h(
      "form",
      { method: "dialog", onsubmit: check },
      h("h2", { id: "typed-title" }, "Type a code"),
      h("label", { for: "typed" }, "The QR code's 45 digits"),
      field,
      count,
      h(
        "div",
        { class: "keypad" },
        ...KEYS.map((key) => keyButton(key, () => edit(field.value + key))),
        h(
          "button",
          {
            type: "button",
            class: "key",
            "aria-label": "Delete the last digit",
            onclick: () => edit(field.value.slice(0, -1)),
          },
          icon("back"),
        ),
        keyButton("0", () => edit(`${field.value}0`)),
        h("button", { class: "key go", "data-testid": "typed-submit" }, "Check"),
      ),
      h("button", { type: "button", class: "button cancel", onclick: () => dialog.close() }, "Cancel"),
    ),
  );
  return {
    element: dialog,
    open(): void {
      edit("");
      dialog.showModal();
      field.focus();
    },
  };
}

function countWords(value: string): string {
  const typed = typedCode(value);
  if (value === "") return "A QR reader shows them. They are good for half a minute.";
  return "missing" in typed ? missingWords(typed.missing) : "Ready to check";
}

function missingWords(missing: number): string {
  if (missing < 0) return `${counted(-missing, "digit")} too many`;
  return `${counted(missing, "digit")} missing`;
}

function keyButton(key: string, press: () => void): HTMLElement {
  return h("button", { type: "button", class: "key", onclick: press }, key);
}
