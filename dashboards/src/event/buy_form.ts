import type { PublicState } from "../../../realtime/client/protocol.gen.ts";
import { display } from "../../../ticketing/client/money.ts";
import { need, prefersStillness, replay, setText, showWhen } from "../lib/dom.ts";
import { availabilityOf, FEW, leftInWords } from "./availability.ts";
import { basketOf, limitInWords, most, type Offer, offersNow, quantityFrom } from "./basket.ts";

export interface EventData {
  readonly event_id: string;
  readonly currency: string;
  readonly offers: readonly Offer[];
  /** UTC milliseconds; after it nothing is sold, whatever the status says. */
  readonly ends_at: number;
}

/** The form that buys. Without this module it is a plain form; with it, it adds up and follows what is left. */
export class BuyForm {
  private offers: readonly Offer[];
  private readonly currency: string;
  private readonly endsAt: number;
  private readonly root = need(".buy-side");
  private readonly form = this.root.querySelector<HTMLFormElement>("form[data-buy]");

  constructor(data: EventData) {
    this.offers = data.offers;
    this.currency = data.currency;
    this.endsAt = data.ends_at;
    for (const offer of this.offers) this.wire(offer.id);
    for (const part of this.root.querySelectorAll<HTMLElement>("[data-needs-script]")) part.hidden = false;
    this.form?.addEventListener("submit", () => this.sending(true));
    // Coming back from the payment page by the back button must not find a dead button.
    addEventListener("pageshow", () => this.sending(false));
    this.draw();
  }

  /** The newest state of the show. */
  follow(state: PublicState): void {
    this.offers = offersNow(this.offers, state.types);
    this.showLeft(state.left, state.sold_out);
    showWhen(document, availabilityOf(state, Date.now() >= this.endsAt));
    this.draw();
  }

  private wire(id: string): void {
    const input = this.input(id);
    if (input === null) return;
    input.addEventListener("input", () => this.draw());
    input.addEventListener("change", () => this.set(id, input.value));
    for (const button of this.steps(id)) {
      button.hidden = false;
      button.addEventListener("click", () =>
        this.set(id, String(this.stepped(id, Number(input.value) + Number(button.dataset["step"])))),
      );
    }
  }

  private set(id: string, typed: string): void {
    const offer = this.offers.find((candidate) => candidate.id === id);
    const input = this.input(id);
    if (offer === undefined || input === null) return;
    // Too many stays as it was typed, with the reason beside it: nobody's choice becomes smaller by itself.
    if (limitInWords(typed, offer) === null) input.value = String(quantityFrom(typed, offer));
    this.draw();
  }

  private stepped(id: string, wanted: number): number {
    const offer = this.offers.find((candidate) => candidate.id === id);
    return offer === undefined ? wanted : Math.min(wanted, most(offer));
  }

  private draw(): void {
    const chosen = new Map(this.offers.map((offer) => [offer.id, quantityFrom(this.typed(offer.id), offer)]));
    const tooMany = this.offers.filter((offer) => this.drawOffer(offer) !== null).length > 0;
    const basket = basketOf(this.offers, chosen);
    const amount = (minor: number) => (tooMany ? "–" : display(minor, this.currency));
    this.write("[data-testid=total]", amount(basket.total));
    this.write("[data-basket=base]", amount(basket.base));
    this.write("[data-basket=fee]", amount(basket.fee));
    const submit = this.root.querySelector<HTMLButtonElement>("[data-testid=buy]");
    if (submit !== null) setText(submit, tooMany ? "Choose fewer tickets" : submitWords(basket.quantity));
  }

  /** Draw one kind; why so many of it cannot be had, or null. */
  private drawOffer(offer: Offer): string | null {
    const typed = this.typed(offer.id);
    const words = limitInWords(typed, offer);
    const input = this.input(offer.id);
    if (input !== null) input.max = String(most(offer));
    for (const button of this.steps(offer.id))
      button.disabled = button.dataset["step"] === "1" ? Number(typed) >= most(offer) : Number(typed) <= 0;
    this.write(`[data-left="${offer.id}"]`, leftInWords(offer.left, offer.sold_out));
    this.say(offer.id, words);
    return words;
  }

  private say(id: string, words: string | null): void {
    const element = this.root.querySelector<HTMLElement>(`[data-limit="${id}"]`);
    if (element === null) return;
    element.hidden = words === null;
    setText(element, words ?? "");
  }

  private showLeft(left: number, soldOut: boolean): void {
    const element = this.root.querySelector<HTMLElement>("[data-testid=tickets-left]");
    if (element === null) return;
    const changed = setText(element, leftInWords(left, soldOut));
    element.classList.toggle("left--few", left <= FEW);
    if (changed && !prefersStillness()) replay(element, "left--changed");
  }

  private sending(busy: boolean): void {
    const submit = this.root.querySelector<HTMLButtonElement>("[data-testid=buy]");
    if (submit === null) return;
    submit.setAttribute("aria-busy", String(busy));
    if (busy) setText(submit, "Holding your tickets…");
    else this.draw();
  }

  private typed(id: string): string {
    return this.input(id)?.value ?? "0";
  }

  private input(id: string): HTMLInputElement | null {
    return this.root.querySelector<HTMLInputElement>(`input[name="quantity_${id}"]`);
  }

  private steps(id: string): NodeListOf<HTMLButtonElement> {
    return this.root.querySelectorAll<HTMLButtonElement>(`button[data-for="${id}"]`);
  }

  private write(selector: string, text: string): void {
    const element = this.root.querySelector(selector);
    if (element !== null) setText(element, text);
  }
}

function submitWords(quantity: number): string {
  if (quantity === 0) return "Choose your tickets";
  return quantity === 1 ? "Buy 1 ticket" : `Buy ${quantity} tickets`;
}
