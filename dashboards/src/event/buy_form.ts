import type { PublicState } from "../../../realtime/client/protocol.gen.ts";
import { display } from "../../../ticketing/client/money.ts";
import { need, prefersStillness, replay, setText, showWhen } from "../lib/dom.ts";
import { availabilityOf, FEW, leftInWords } from "./availability.ts";
import { basketOf, most, type Offer, quantityFrom } from "./basket.ts";

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
    const left = new Map(state.types.map((type) => [type.id, type.left]));
    this.offers = this.offers.map((offer) => ({ ...offer, left: left.get(offer.id) ?? offer.left }));
    this.showLeft(state.left);
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
        this.set(id, String(Number(input.value) + Number(button.dataset["step"]))),
      );
    }
  }

  private set(id: string, typed: string): void {
    const offer = this.offers.find((candidate) => candidate.id === id);
    const input = this.input(id);
    if (offer === undefined || input === null) return;
    input.value = String(quantityFrom(typed, offer));
    this.draw();
  }

  private draw(): void {
    const chosen = new Map(this.offers.map((offer) => [offer.id, this.quantity(offer)]));
    for (const offer of this.offers) this.drawOffer(offer, chosen.get(offer.id) ?? 0);
    const basket = basketOf(this.offers, chosen);
    this.write("[data-testid=total]", display(basket.total, this.currency));
    this.write("[data-basket=base]", display(basket.base, this.currency));
    this.write("[data-basket=fee]", display(basket.fee, this.currency));
    const submit = this.root.querySelector<HTMLButtonElement>("[data-testid=buy]");
    if (submit !== null) setText(submit, submitWords(basket.quantity));
  }

  private drawOffer(offer: Offer, quantity: number): void {
    const input = this.input(offer.id);
    if (input !== null) input.max = String(most(offer));
    for (const button of this.steps(offer.id))
      button.disabled = button.dataset["step"] === "1" ? quantity >= most(offer) : quantity <= 0;
    this.write(`[data-left="${offer.id}"]`, leftInWords(offer.left));
  }

  private showLeft(left: number): void {
    const element = this.root.querySelector<HTMLElement>("[data-testid=tickets-left]");
    if (element === null) return;
    const changed = setText(element, leftInWords(left));
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

  private quantity(offer: Offer): number {
    return quantityFrom(this.input(offer.id)?.value ?? "0", offer);
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
