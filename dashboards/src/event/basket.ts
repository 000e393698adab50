import type { PublicState } from "../../../realtime/client/protocol.gen.ts";

/** What one kind of ticket costs, in minor units, and how many of it a fan may take. */
export interface Offer {
  readonly id: string;
  readonly base: number;
  readonly fee: number;
  readonly left: number;
  /** Every one of them is paid for; none left is less than that, while some are in other fans' checkouts. */
  readonly sold_out: boolean;
  readonly limit: number;
}

export interface Basket {
  readonly quantity: number;
  readonly base: number;
  readonly fee: number;
  readonly total: number;
}

/** The sums of what is chosen. The fee is per ticket, so it multiplies (ticketing/money.py). */
export function basketOf(offers: readonly Offer[], chosen: ReadonlyMap<string, number>): Basket {
  let quantity = 0;
  let base = 0;
  let fee = 0;
  for (const offer of offers) {
    const count = chosen.get(offer.id) ?? 0;
    quantity += count;
    base += offer.base * count;
    fee += offer.fee * count;
  }
  return { quantity, base, fee, total: base + fee };
}

/** The offers as the show's newest state has them; a kind that it does not name stays as it was. */
export function offersNow(offers: readonly Offer[], types: PublicState["types"]): readonly Offer[] {
  const now = new Map(types.map(({ id, left, sold_out }) => [id, { left, sold_out }]));
  return offers.map((offer) => ({ ...offer, ...now.get(offer.id) }));
}

/** The most of one kind that can be chosen now. */
export function most(offer: Offer): number {
  return Math.max(0, Math.min(offer.left, offer.limit));
}

/** What somebody typed, as a quantity that can be bought. */
export function quantityFrom(typed: string, offer: Offer): number {
  const number = Math.trunc(Number(typed));
  return Number.isFinite(number) ? Math.min(Math.max(0, number), most(offer)) : 0;
}

/** Why fewer than `typed` can be bought, in words; null when they can. */
export function limitInWords(typed: string, offer: Offer): string | null {
  if (!(Number(typed) > most(offer))) return null;
  if (offer.left >= offer.limit) return `One order can have up to ${offer.limit} of these.`;
  if (offer.left <= 0) return "None of these are left right now.";
  return offer.left === 1 ? "Only 1 of these is left." : `Only ${offer.left} of these are left.`;
}
