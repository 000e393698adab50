import { display, type FeePolicy, feeOf, typed } from "../../../ticketing/client/money.ts";
import { need, setText } from "../lib/dom.ts";

export interface FeeData {
  readonly currency: string;
  readonly policy: FeePolicy;
}

/** Follow the price as it is typed with what the fan would pay. */
export function previewFee(form: HTMLFormElement, data: FeeData): void {
  const price = need<HTMLInputElement>("input[name=price]", form);
  const words = need("[data-fan]", form);
  price.addEventListener("input", () => setText(words, fanPays(price.value, data)));
}

/** `The fan pays $22.00: your $20.00 + $2.00 fee.` */
export function fanPays(text: string, { currency, policy }: FeeData): string {
  const base = typed(text, currency);
  if (base === null) return "Write an amount to see what the fan pays.";
  if (base === 0) return "Free for the fan, and without a fee.";
  const fee = feeOf(policy, base);
  return `The fan pays ${display(base + fee, currency)}: your ${display(base, currency)} + ${display(fee, currency)} fee.`;
}
