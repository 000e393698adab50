import type { Decision, Entry, VerdictGiven } from "../../../realtime/client/protocol.gen.ts";
import { isOwed, type ScanRow } from "./journal.ts";

/** What only comes to light when a scan reaches the server late: somebody at the door has to know. */
export type Alert =
  | { readonly kind: "let_in_twice"; readonly key: string; readonly first: Entry; readonly second: Entry }
  /** Let in here without network, though the ticket was refunded, void or unknown. */
  | { readonly kind: "wrongly_let_in"; readonly key: string; readonly entry: Entry; readonly reason: string }
  /** Refused here without network, though the server had let it in. */
  | { readonly kind: "good_after_all"; readonly key: string; readonly entry: Entry };

export interface Acknowledgement {
  readonly scanId: string;
  readonly kind: Decision;
}

/** The scans that the server does not have yet, oldest first, and which of them are under way. */
export class Drain {
  private readonly owed = new Map<string, ScanRow>();
  private readonly underWay = new Set<string>();
  /** The server will not take these: they stay in the journal, and are not sent again in this life. */
  private readonly refused = new Set<string>();

  get size(): number {
    return this.owed.size;
  }

  add(row: ScanRow): void {
    if (isOwed(row)) this.owed.set(row.scan_id, row);
  }

  /** The next rows to send, so that at most `limit` are under way. */
  take(limit: number): ScanRow[] {
    const taken: ScanRow[] = [];
    for (const row of this.owed.values()) {
      if (this.underWay.size >= limit) break;
      if (this.underWay.has(row.scan_id) || this.refused.has(row.scan_id)) continue;
      this.underWay.add(row.scan_id);
      taken.push(row);
    }
    return taken;
  }

  /** Nobody answered: the row is owed as before. */
  unanswered(row: ScanRow): void {
    this.underWay.delete(row.scan_id);
  }

  /** The server refuses the row itself, and would again. */
  gaveUp(row: ScanRow): void {
    this.underWay.delete(row.scan_id);
    this.refused.add(row.scan_id);
  }

  /** The server answered; true when it has taken over what the row is, so that it may be acknowledged. */
  answered(row: ScanRow, answer: VerdictGiven): boolean {
    this.underWay.delete(row.scan_id);
    const current = this.owed.get(row.scan_id);
    if (current === undefined || answer.acknowledged !== current.decision) return false;
    this.owed.delete(row.scan_id);
    return true;
  }
}

/** Two clocks lie between what the phone and the server call the moment of one entry, and a server that was stuck. */
const CLOCKS_MS = 5_000;
const STUCK_MS = 60_000;

/** Whether the server's late answer to a scan that the phone decided alone is news for the door. */
export function alertFor(row: ScanRow, { verdict }: VerdictGiven, door: string): Alert | null {
  const here = { at: row.scanned_at, door };
  const key = row.anchor ?? row.scan_id;
  const wasIn = verdict.t === "already_in" && !isSame(verdict.entry, here);
  const isIn = verdict.t === "admitted" || (verdict.t === "already_in" && !wasIn);
  if (row.decision === "admitted_offline" && verdict.t === "refused")
    return { kind: "wrongly_let_in", key, entry: here, reason: verdict.reason };
  if (row.decision === "admitted_offline" && wasIn)
    return { kind: "let_in_twice", key, first: verdict.entry, second: here };
  if (row.decision === "refused_offline" && row.verdict?.t !== "already_in" && isIn)
    return { kind: "good_after_all", key, entry: here };
  return null;
}

/** A question whose answer came too late was redeemed all the same: that entry is this scan's own. */
function isSame(entry: Entry, here: Entry): boolean {
  const later = entry.at - here.at;
  return entry.door === here.door && later >= -CLOCKS_MS && later <= STUCK_MS;
}
