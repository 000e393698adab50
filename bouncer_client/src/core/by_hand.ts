import type { PinCheck, UnknownOrders } from "../../../realtime/client/protocol.gen.ts";
import type { ScanRow } from "./journal.ts";
import { hashOf } from "./order_id.ts";

/** Somebody was let in by an Order ID, without a code. */
export interface ByHand {
  readonly t: "by_hand";
  readonly order_id: string;
  readonly people: number;
  /** Whether the server's list, or the phone's, has such an order. */
  readonly known: boolean;
}

/** What is known of an Order ID, and so how many people may come in by it. */
export type Finding =
  | {
      readonly t: "known";
      readonly orderId: string;
      readonly tickets: number;
      /** As far as known: without the server, only who came in by hand at this phone. */
      readonly inside: number;
      /** The server has said so. */
      readonly confirmed: boolean;
    }
  /** The server has no such order: nobody comes in by it. */
  | { readonly t: "no_such_order"; readonly orderId: string }
  /** Nobody to ask, and not on this phone's list: the venue's policy says what then. */
  | { readonly t: "unlisted_order"; readonly orderId: string; readonly policy: UnknownOrders };

/** The server's answer about an Order ID. */
export interface OrderAtDoor {
  readonly known: boolean;
  readonly tickets: number;
  readonly inside: number;
}

/** What a phone goes by when there is nobody to ask. */
export interface ListAtDoor {
  admits(orderHash: string): number | null;
  readonly policy: { readonly unknown_orders: UnknownOrders; readonly supervisor_check: PinCheck | null };
}

/** A big order still comes in at once; more people than this are no order of ours. */
export const MOST_PEOPLE = 20;

/** The finding about an Order ID: the server's where there is one, else this phone's. */
export function found(
  orderId: string,
  answer: OrderAtDoor | null,
  { list, eventId, letIn }: { list: ListAtDoor; eventId: string; letIn: LetInByHand },
): Finding {
  const hash = hashOf(eventId, orderId);
  if (answer?.known === false) return { t: "no_such_order", orderId };
  if (answer !== null) {
    // The server's word is newer than the list, but older than whom this phone has let in since its last drain.
    const inside = answer.inside + letIn.unsentOf(hash);
    return { t: "known", orderId, tickets: answer.tickets, inside, confirmed: true };
  }
  const tickets = list.admits(hash);
  if (tickets === null) return { t: "unlisted_order", orderId, policy: policyOf(list) };
  return { t: "known", orderId, tickets, inside: letIn.of(hash), confirmed: false };
}

/** How many people may still come in by this Order ID. */
export function placesLeft(finding: Finding): number {
  if (finding.t === "known") return Math.max(0, Math.min(finding.tickets - finding.inside, MOST_PEOPLE));
  return finding.t === "unlisted_order" && finding.policy !== "refuse" ? MOST_PEOPLE : 0;
}

/** A supervisor whom nobody can recognise admits nobody. */
function policyOf({ policy }: ListAtDoor): UnknownOrders {
  const isUnarmed = policy.unknown_orders === "supervisor" && policy.supervisor_check === null;
  return isUnarmed ? "refuse" : policy.unknown_orders;
}

type Noted = Pick<ScanRow, "scan_id" | "decision" | "verdict" | "acknowledged">;

/** Whom this phone has let in by hand, in all its lives. */
export class LetInByHand {
  private readonly entries = new Map<string, { readonly hash: string; people: number; unsent: boolean }>();

  constructor(private readonly eventId: string) {}

  /** Take over a row of the journal, as it stands there. */
  note(row: Noted): void {
    if (row.decision !== "admitted_manually" || row.verdict?.t !== "by_hand") return;
    const { order_id, people } = row.verdict;
    const unsent = row.acknowledged !== row.decision;
    this.entries.set(row.scan_id, { hash: hashOf(this.eventId, order_id), people, unsent });
  }

  /** It was taken back. */
  drop(scanId: string): void {
    this.entries.delete(scanId);
  }

  /** How many people of one order, by its hash. */
  of(hash: string): number {
    return this.sum((entry) => entry.hash === hash);
  }

  /** The same, of those whom the server has not heard of. */
  unsentOf(hash: string): number {
    return this.sum((entry) => entry.unsent && entry.hash === hash);
  }

  /** How many people in all the server has not heard of: its list does not count them yet. */
  get unsent(): number {
    return this.sum(({ unsent }) => unsent);
  }

  private sum(counts: (entry: { hash: string; unsent: boolean }) => boolean): number {
    let sum = 0;
    for (const entry of this.entries.values()) if (counts(entry)) sum += entry.people;
    return sum;
  }
}
