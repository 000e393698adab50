import { display } from "../../../ticketing/client/money.ts";
import { need, setText } from "../lib/dom.ts";

/** Say what the chosen tickets come to, before anything is sent. */
export function followChosen(form: HTMLFormElement): void {
  const currency = form.dataset["currency"] ?? "";
  const words = need("[data-chosen]", form);
  const button = need<HTMLButtonElement>("button[type=submit]", form);
  const draw = () => {
    const chosen = [...form.querySelectorAll<HTMLInputElement>("input[name=ticket]:checked")];
    const amounts = chosen.map((box) => Number(box.dataset["back"]));
    words.hidden = chosen.length === 0;
    setText(words, chosenInWords(amounts, currency));
    setText(button, chosen.length === 0 ? "Choose tickets to refund" : "Refund…");
    button.disabled = chosen.length === 0;
  };
  form.addEventListener("change", draw);
  // A page that comes back by the back button has its boxes as they were left.
  addEventListener("pageshow", draw);
  draw();
}

/** `2 tickets, $44.00 back to the fan.` Amounts in minor units. */
export function chosenInWords(amounts: readonly number[], currency: string): string {
  if (amounts.length === 0) return "";
  const total = amounts.reduce((sum, amount) => sum + amount, 0);
  const count = amounts.length === 1 ? "1 ticket" : `${amounts.length} tickets`;
  return `${count}, ${display(total, currency)} back to the fan.`;
}
