import type {
  AdmissionDoubted,
  AdmissionMoved,
  DisputeMoved,
  DoubleScan,
  EntryUndone,
  FanEntered,
  FeedRefund,
  RefundReturned,
  RefundSent,
  SaleLine,
  SaleMade,
  SalesSnapshot,
  Sums,
  TermsChanged,
  TopicFact,
  TypeCount,
} from "./protocol.gen.ts";

export type SalesFact = Exclude<
  TopicFact["fact"],
  | { t: "tickets_issued" }
  | { t: "tickets_changed" }
  | { t: "ticket_entered" }
  | { t: "ticket_undone" }
  | { t: "entry_moved" }
  | { t: "entry_doubted" }
  | { t: "door_policy" }
  | { t: "ticket_seen_twice" }
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
    case "entry_undone":
      return withEntryUndone(before, seq, fact);
    case "admission_moved":
      return withEntryMoved(before, seq, fact);
    case "admission_doubted":
      return withDoubt(before, seq, fact);
    case "double_scan":
      return withDoubleScan(before, seq, fact);
    case "refund_sent":
      return withRefund(before, seq, fact);
    case "refund_returned":
      return withRefundReturned(before, seq, fact);
    case "dispute_money_moved":
      return { ...before, disputed: before.disputed - fact.to_venue };
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
  const line = { seq, ...entry, undone: false, moved: false };
  return { ...before, entered: before.entered + 1, entries: inFront(line, before.entries) };
}

function withEntryUndone(before: SalesSnapshot, seq: number, fact: EntryUndone): SalesSnapshot {
  const { ticket_type, at, door } = fact;
  const line = { seq, ticket_type, at, door, undone: true, moved: false };
  return { ...before, entered: before.entered - 1, entries: inFront(line, before.entries) };
}

/** A ticket's entry was an earlier one: nobody more is in. */
function withEntryMoved(before: SalesSnapshot, seq: number, fact: AdmissionMoved): SalesSnapshot {
  const { ticket_type, at, door } = fact;
  const line = { seq, ticket_type, at, door, undone: false, moved: true };
  return { ...before, entries: inFront(line, before.entries) };
}

function withDoubt(before: SalesSnapshot, seq: number, { t: _, ...doubt }: AdmissionDoubted): SalesSnapshot {
  return { ...before, doubts: inFront({ seq, ...doubt }, before.doubts) };
}

function withDoubleScan(before: SalesSnapshot, seq: number, { t: _, ...scan }: DoubleScan): SalesSnapshot {
  return { ...before, double_scans: inFront({ seq, ...scan }, before.double_scans) };
}

function withRefund(before: SalesSnapshot, seq: number, fact: RefundSent): SalesSnapshot {
  const { base, fee, total } = fact;
  return {
    ...before,
    types: moved(before.types, fact.seats, { sold: -1 }),
    refunded: fact.of_sale ? plus(before.refunded, { base, fee, total }) : before.refunded,
    refunds: inFront(refundLine(seq, fact), before.refunds),
  };
}

/** The money rests with NGN, but for the venue's part: only that is not refunded any more. */
function withRefundReturned(before: SalesSnapshot, seq: number, fact: RefundReturned): SalesSnapshot {
  const back = { base: -fact.to_venue, fee: 0, total: -fact.to_venue };
  return {
    ...before,
    refunded: fact.of_sale ? plus(before.refunded, back) : before.refunded,
    refunds: inFront(refundLine(seq, fact), before.refunds),
  };
}

function refundLine(seq: number, fact: RefundSent | RefundReturned): FeedRefund {
  const { order_id, base, fee, total, currency, at } = fact;
  return { seq, order_id, base, fee, total, currency, at, failed: fact.t === "refund_returned" };
}

function plus(sums: Sums, more: Sums): Sums {
  return { base: sums.base + more.base, fee: sums.fee + more.fee, total: sums.total + more.total };
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
