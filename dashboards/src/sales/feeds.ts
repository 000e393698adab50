import type {
  FeedDispute,
  FeedDoubleScan,
  FeedDoubt,
  FeedEntry,
  FeedRefund,
  FeedSale,
  SalesSnapshot,
} from "../../../realtime/client/protocol.gen.ts";
import { display } from "../../../ticketing/client/money.ts";
import { display as displayOrderId } from "../../../ticketing/client/order_id.ts";
import { make } from "../lib/dom.ts";
import { timeOfDay } from "../lib/time.ts";
import { linesInWords, typeName } from "./totals.ts";

interface Line {
  readonly seq: number;
}

/** Keep a list's items in step with a feed, newest first, making only those that are new. */
export function drawFeed<T extends Line>(
  list: HTMLElement,
  feed: readonly T[],
  draw: (line: T) => HTMLElement,
): HTMLElement[] {
  const known = new Map(
    [...list.children].map((item) => [Number((item as HTMLElement).dataset["seq"]), item]),
  );
  const made: HTMLElement[] = [];
  const items = feed.map((line) => {
    const item = known.get(line.seq) ?? draw(line);
    if (!known.has(line.seq) && item instanceof HTMLElement) made.push(item);
    (item as HTMLElement).dataset["seq"] = String(line.seq);
    return item;
  });
  if (made.length > 0 || items.length !== list.children.length) list.replaceChildren(...items);
  return made;
}

/** One ring of the till: what the venue got is the big number, NGN's fee the small one. */
export function saleItem(sale: FeedSale, types: SalesSnapshot["types"], zone: string): HTMLElement {
  const side = make("p", "sale__side", moment(sale.at, zone), document.createElement("br"));
  side.append(`fee ${display(sale.fee, sale.currency)}`);
  return make(
    "li",
    "sale",
    make("p", "sale__amount money", `+${display(sale.base, sale.currency)}`),
    make("p", "sale__what", linesInWords(sale.lines, types)),
    side,
  );
}

/** Money that went back, in the same feed: quieter than a sale, and with its minus. */
export function refundItem(refund: FeedRefund, zone: string): HTMLElement {
  const side = make("p", "sale__side", moment(refund.at, zone), document.createElement("br"));
  side.append(`fee ${refund.fee > 0 && !refund.failed ? "-" : ""}${display(refund.fee, refund.currency)}`);
  const what = refund.failed ? "Refund came back, order" : "Refund of order";
  return make(
    "li",
    refund.failed ? "sale sale--back sale--failed" : "sale sale--back",
    make("p", "sale__amount", display(refund.failed ? refund.base : -refund.base, refund.currency)),
    make("p", "sale__what", `${what} ${displayOrderId(refund.order_id)}`),
    side,
  );
}

export const PHASES: Record<FeedDispute["phase"], { readonly words: string; readonly alarm: boolean }> = {
  inquiry: { words: "A bank asks", alarm: true },
  open: { words: "Disputed", alarm: true },
  won: { words: "Dispute won", alarm: false },
  lost: { words: "Dispute lost", alarm: false },
  closed: { words: "Dispute closed", alarm: false },
};

export function disputeItem(dispute: FeedDispute, orders: string, zone: string): HTMLElement {
  const { words, alarm } = PHASES[dispute.phase];
  const link = make("a", "num", `order ${displayOrderId(dispute.order_id)}`);
  link.setAttribute("href", `${orders}${encodeURIComponent(displayOrderId(dispute.order_id))}/`);
  const what = make("p", "", make("strong", alarm ? "alarm" : "", words), " ");
  what.append(`${display(dispute.amount, dispute.currency)}, `, link);
  return make("li", "list__row", what, moment(dispute.at, zone));
}

export function entryItem(entry: FeedEntry, types: SalesSnapshot["types"], zone: string): HTMLElement {
  const more = entry.undone ? ", taken back" : entry.moved ? ", was the earlier one" : "";
  const what = make("span", "", `${typeName(entry.ticket_type, types)}, ${entry.door}${more}`);
  return make("li", "list__row", what, moment(entry.at, zone));
}

export function doubleScanItem(scan: FeedDoubleScan, zone: string): HTMLElement {
  const verdict = scan.admitted ? "Let in twice" : "Shown again, refused";
  const first = `first in ${timeOfDay(scan.first_at, zone)} at ${scan.first_door}`;
  const second = `again ${timeOfDay(scan.second_at, zone)} at ${scan.second_door}`;
  return make(
    "li",
    "list__row",
    make(
      "p",
      "",
      make("strong", scan.admitted ? "alarm" : "", verdict),
      document.createElement("br"),
      make("span", "muted small num", `${first}, ${second}`),
    ),
  );
}

const DOUBTS: Record<FeedDoubt["why"], string> = {
  ticket_closed: "In, though the ticket is refunded or void",
  after_revocation: "In by a phone that was removed",
  beyond_order: "More people than the order has tickets",
  order_unknown: "In by an unknown Order ID",
  code_unknown: "In by an unknown code",
};

/** A phone let people in who count for no ticket. */
export function doubtItem(doubt: FeedDoubt, zone: string): HTMLElement {
  const people = doubt.count > 1 ? `, ${doubt.count} people` : "";
  const order = doubt.order_id === null ? "" : `, order ${displayOrderId(doubt.order_id)}`;
  const what = make("p", "", make("strong", "alarm", DOUBTS[doubt.why]), document.createElement("br"));
  what.append(make("span", "muted small num", `${doubt.door}${order}${people}`));
  return make("li", "list__row", what, moment(doubt.at, zone));
}

function moment(at: number, zone: string): HTMLElement {
  const time = make("time", "num", timeOfDay(at, zone));
  time.setAttribute("datetime", new Date(at).toISOString());
  return time;
}
