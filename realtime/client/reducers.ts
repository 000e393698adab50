import type {
  DisputeMoved,
  DoubleScan,
  FanEntered,
  RefundReturned,
  RefundSent,
  SaleLine,
  SaleMade,
  SalesSnapshot,
  TermsChanged,
  TopicFact,
  TypeCount,
} from "./protocol.gen.ts";

export type SalesFact = Exclude<
  TopicFact["fact"],
  { t: "tickets_issued" } | { t: "tickets_changed" } | { t: "ticket_entered" } | { t: "ticket_seen_twice" }
>;

/** Lines that a feed holds at most; FEED_LENGTH in realtime/protocol.py. */
export const FEED_LENGTH = 50;

/**
 * The venue's page after one more entry of the log, exactly as a fresh snapshot at `seq` would have it
 * (tests/vectors/sales_frames.json holds the server to the same).
 */
export function applySalesFact(before: SalesSnapshot, seq: number, fact: SalesFact): SalesSnapshot {
  switch (fact.t) {
    case "sale_made":
      return withSale(before, seq, fact);
    case "seats_held":
      return { ...before, types: moved(before.types, fact.lines, { held: 1 }) };
    case "seats_released":
      return { ...before, types: moved(before.types, fact.lines, { held: -1 }) };
    case "fan_entered":
      return withEntry(before, seq, fact);
    case "double_scan":
      return withDoubleScan(before, seq, fact);
    case "refund_sent":
      return withRefund(before, seq, fact, 1);
    case "refund_returned":
      return withRefund(before, seq, fact, -1);
    case "dispute_moved":
      return withDispute(before, seq, fact);
    case "terms_changed":
      return { ...before, types: onTerms(before.types, fact.types) };
    case "status_changed":
      return { ...before, status: fact.status };
    case "allocation_sold_out":
      return { ...before, sold_out_at: fact.at };
    case "threshold_reached":
    case "nothing":
      return before;
    default:
      fact satisfies never;
      return before; // a newer server's entry that this page does not know yet
  }
}

function withSale(before: SalesSnapshot, seq: number, { t: _, from_hold, ...sale }: SaleMade): SalesSnapshot {
  return {
    ...before,
    types: moved(before.types, sale.lines, { sold: 1, held: from_hold ? -1 : 0 }),
    base: before.base + sale.base,
    fee: before.fee + sale.fee,
    total: before.total + sale.total,
    sales: inFront({ seq, ...sale }, before.sales),
  };
}

function withEntry(before: SalesSnapshot, seq: number, { t: _, ...entry }: FanEntered): SalesSnapshot {
  return { ...before, entered: before.entered + 1, entries: inFront({ seq, ...entry }, before.entries) };
}

function withDoubleScan(before: SalesSnapshot, seq: number, { t: _, ...scan }: DoubleScan): SalesSnapshot {
  return { ...before, double_scans: inFront({ seq, ...scan }, before.double_scans) };
}

function withRefund(
  before: SalesSnapshot,
  seq: number,
  fact: RefundSent | RefundReturned,
  sign: 1 | -1,
): SalesSnapshot {
  const { order_id, base, fee, total, currency, at } = fact;
  const line = { seq, order_id, base, fee, total, currency, at, failed: fact.t === "refund_returned" };
  const factor = fact.of_sale ? sign : 0;
  const { refunded } = before;
  return {
    ...before,
    types: fact.t === "refund_sent" ? moved(before.types, fact.seats, { sold: -1 }) : before.types,
    refunded: {
      base: refunded.base + factor * base,
      fee: refunded.fee + factor * fee,
      total: refunded.total + factor * total,
    },
    refunds: inFront(line, before.refunds),
  };
}

function withDispute(
  before: SalesSnapshot,
  seq: number,
  { t: _, seats, ...line }: DisputeMoved,
): SalesSnapshot {
  return {
    ...before,
    types: moved(before.types, seats, { sold: -1 }),
    disputes: inFront({ seq, ...line }, before.disputes),
  };
}

function onTerms(types: readonly TypeCount[], terms: TermsChanged["types"]): TypeCount[] {
  return types.map((type) => ({ ...type, ...terms.find((now) => now.id === type.id) }));
}

interface Sign {
  readonly sold?: 1 | -1;
  readonly held?: 1 | 0 | -1;
}

function moved(types: readonly TypeCount[], lines: readonly SaleLine[], sign: Sign): TypeCount[] {
  return types.map((type) => {
    const quantity = lines
      .filter((line) => line.ticket_type === type.id)
      .reduce((sum, line) => sum + line.quantity, 0);
    return {
      ...type,
      sold: type.sold + quantity * (sign.sold ?? 0),
      held: type.held + quantity * (sign.held ?? 0),
    };
  });
}

function inFront<T>(line: T, feed: readonly T[]): T[] {
  return [line, ...feed].slice(0, FEED_LENGTH);
}
