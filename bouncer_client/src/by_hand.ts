import type { PinCheck } from "../../realtime/client/protocol.gen.ts";
import { Allowance, BY_HAND } from "./core/allowance.ts";
import {
  type ByHand,
  type Finding,
  found,
  type LetInByHand,
  type ListAtDoor,
  type OrderAtDoor,
  placesLeft,
} from "./core/by_hand.ts";

/** Too many Order IDs, or PINs, were tried: so many milliseconds are to be waited. */
export interface Wait {
  readonly t: "wait";
  readonly ms: number;
}

export type LetIn = Wait | { readonly t: "let_in" | "wrong_pin" | "full" | "no_journal" };

export interface DeskParts {
  readonly eventId: string;
  readonly letIn: LetInByHand;
  /** The phone's list as it is now. */
  list(): ListAtDoor;
  /** The server's word about an Order ID; null when there is nobody to ask. */
  ask(orderId: string): Promise<OrderAtDoor | null>;
  isPin(pin: string, check: PinCheck): Promise<boolean>;
  /** Milliseconds that never jump. */
  monotonic(): number;
  /** Journal it, then show it. Rejects when the journal cannot keep it: then nothing is shown. */
  keep(entry: ByHand): Promise<void>;
}

/** Manual verification: an Order ID is looked up, and people are let in by it. Each try counts, also a wrong PIN. */
export class HandDesk {
  private allowance = new Allowance(BY_HAND);

  constructor(private readonly parts: DeskParts) {}

  /** When an earlier life of this phone let people in by hand: monotonic milliseconds. */
  remember(moments: readonly number[]): void {
    this.allowance = new Allowance(BY_HAND, moments);
  }

  async lookUp(orderId: string): Promise<Finding | Wait> {
    const { parts } = this;
    const ms = this.allowance.take(parts.monotonic());
    if (ms > 0) return { t: "wait", ms };
    const answer = await parts.ask(orderId);
    return found(orderId, answer, { list: parts.list(), eventId: parts.eventId, letIn: parts.letIn });
  }

  async letIn(finding: Finding, people: number, pin = ""): Promise<LetIn> {
    if (people < 1 || people > placesLeft(finding)) return { t: "full" };
    const barred = await this.barred(finding, pin);
    if (barred !== null) return barred;
    const known = finding.t === "known";
    try {
      await this.parts.keep({ t: "by_hand", order_id: finding.orderId, people, known });
      return { t: "let_in" };
    } catch {
      return { t: "no_journal" };
    }
  }

  private async barred(finding: Finding, pin: string): Promise<LetIn | null> {
    if (finding.t !== "unlisted_order" || finding.policy !== "supervisor") return null;
    const ms = this.allowance.take(this.parts.monotonic());
    if (ms > 0) return { t: "wait", ms };
    const check = this.parts.list().policy.supervisor_check;
    const isRight = check !== null && (await this.parts.isPin(pin, check));
    return isRight ? null : { t: "wrong_pin" };
  }
}
