import type { PublicState } from "../../../realtime/client/protocol.gen.ts";

/** What the event page can say about buying; the template has a part for each (`data-when`). */
export type Availability = "on_sale" | "all_held" | "sold_out" | "paused" | "ended" | "cancelled" | "draft";

export function availabilityOf(
  state: Pick<PublicState, "status" | "left" | "sold_out">,
  isOver = false,
): Availability {
  if (state.status === "on_sale" && isOver) return "ended";
  if (state.status !== "on_sale") return state.status;
  if (state.sold_out) return "sold_out";
  return state.left > 0 ? "on_sale" : "all_held";
}

/** From how many on a fan should hurry. */
export const FEW = 10;

/** What is left of a show or of one kind; none left is not sold out while some are in other fans' checkouts. */
export function leftInWords(left: number, soldOut: boolean): string {
  if (left <= 0) return soldOut ? "Sold out" : "None left right now";
  return left === 1 ? "1 ticket left" : `${left} tickets left`;
}
