import type {
  FeedDispute,
  FeedRefund,
  FeedSale,
  SalesSnapshot,
  Sums,
} from "../../../realtime/client/protocol.gen.ts";
import { FEED_LENGTH } from "../../../realtime/client/reducers.ts";

export type Standing = SalesSnapshot["status"] | "sold_out";

export interface Totals {
  readonly allocation: number;
  readonly sold: number;
  readonly held: number;
  readonly left: number;
}

/** The show's numbers over all its kinds of ticket. */
export function totalsOf({ types }: Pick<SalesSnapshot, "types">): Totals {
  const sum = (of: (type: SalesSnapshot["types"][number]) => number) =>
    types.reduce((total, type) => total + of(type), 0);
  const allocation = sum((type) => type.allocation);
  const sold = sum((type) => type.sold);
  const held = sum((type) => type.held);
  return { allocation, sold, held, left: allocation - sold - held };
}

/** `2 × General admission, 1 × Balcony`. */
export function linesInWords(
  lines: readonly { readonly ticket_type: string; readonly quantity: number }[],
  types: SalesSnapshot["types"],
): string {
  return lines.map((line) => `${line.quantity} × ${typeName(line.ticket_type, types)}`).join(", ");
}

export function typeName(id: string, types: SalesSnapshot["types"]): string {
  return types.find((type) => type.id === id)?.name ?? id;
}

/** What the till's feed shows: sales and refunds together, newest first. */
export function tillOf({
  sales,
  refunds,
}: Pick<SalesSnapshot, "sales" | "refunds">): (FeedSale | FeedRefund)[] {
  return [...sales, ...refunds].sort((a, b) => b.seq - a.seq).slice(0, FEED_LENGTH);
}

/** Each dispute once, as it stands: those that wait first, then newest first. */
export function disputesOf({ disputes }: Pick<SalesSnapshot, "disputes">): FeedDispute[] {
  const newest = new Map<string, FeedDispute>();
  for (const line of disputes) if (!newest.has(line.dispute)) newest.set(line.dispute, line);
  const waits = (line: FeedDispute) => (line.phase === "open" || line.phase === "inquiry" ? 0 : 1);
  return [...newest.values()].sort((a, b) => waits(a) - waits(b) || b.seq - a.seq);
}

/** What is left of the sales after refunds; of the venue's part also what disputes hold, as in the settlement. */
export function netOf({
  base,
  fee,
  total,
  refunded,
  disputed,
}: Pick<SalesSnapshot, "base" | "fee" | "total" | "refunded" | "disputed">): Sums {
  return {
    base: base - refunded.base - disputed,
    fee: fee - refunded.fee,
    total: total - refunded.total,
  };
}

/** "sold_out" is said of a show on sale whose last ticket is gone; a refund brings it back on sale. */
export function standingOf(snapshot: Pick<SalesSnapshot, "status" | "types">): Standing {
  const { sold, allocation } = totalsOf(snapshot);
  return snapshot.status === "on_sale" && allocation > 0 && sold >= allocation ? "sold_out" : snapshot.status;
}

/** Seats that came in since, for the sentence after a reconnection. */
export function missedInWords(missed: number): string {
  if (missed === 0) return "Back. Nothing happened meanwhile.";
  return `Back. ${missed === 1 ? "1 entry" : `${missed} entries`} happened meanwhile; all of them are here now.`;
}
