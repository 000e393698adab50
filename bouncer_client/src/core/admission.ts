import type { Admitted, AlreadyIn, Entry, Refused, Stale } from "../../../realtime/client/protocol.gen.ts";
import { ageOf, GUARD, type LiveCode, PACE, type Pace } from "../../../ticketing/client/live_code.ts";

/**
 * May this ticket enter, and if not, why? The same rule as `ticketing/admission.py`, held together by
 * `tests/vectors/admission.json`. The order is the design's: form, chain, void or refunded, used, window.
 */

export type Verdict = Admitted | AlreadyIn | Stale | Refused;
export type TicketStatus = "active" | "redeemed" | "refunded" | "void";

/** What is known of the ticket that a code walks to. */
export interface Standing {
  readonly ticket_type: string;
  readonly status: TicketStatus;
  readonly entry: Entry | null;
}

export interface Rule extends Pace {
  readonly guard: number;
}

export interface Case {
  /** Null for text that is not a code. */
  readonly code: Pick<LiveCode, "step"> | null;
  /** Null for a code that walks to no ticket that is known here. */
  readonly standing: Standing | null;
  readonly nowStep: number;
  /** The entry that an admission would make. */
  readonly here: Entry;
}

export function decide(
  { code, standing, nowStep, here }: Case,
  rule: Rule = { ...PACE, guard: GUARD },
): Verdict {
  if (code === null) return { t: "refused", reason: "not_a_ticket" };
  if (standing === null) return { t: "refused", reason: "unknown" };
  const { ticket_type, status, entry } = standing;
  if (status === "refunded" || status === "void") return { t: "refused", reason: status };
  if (entry !== null) return { t: "already_in", ticket_type, entry };
  const age_s = ageOf(code.step, nowStep, rule);
  if (age_s !== 0 || code.step <= rule.guard) return { t: "stale", age_s };
  return { t: "admitted", ticket_type, entry: here };
}
