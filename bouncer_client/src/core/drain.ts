import type {
  Drained,
  Entry,
  ErrorCode,
  ScanAnswer,
  UndoAnswer,
} from "../../../realtime/client/protocol.gen.ts";
import { factOf, isOwed, type ScanRow, type UndoRow, undoFactOf } from "./journal.ts";

/** What only comes to light when a scan reaches the server late: somebody at the door has to know. */
export type Alert =
  | { readonly kind: "let_in_twice"; readonly key: string; readonly first: Entry; readonly second: Entry }
  /** Let in here without network, though the ticket was refunded, void or unknown. */
  | { readonly kind: "wrongly_let_in"; readonly key: string; readonly entry: Entry; readonly reason: string }
  /** Refused here without network, though the server had let it in. */
  | { readonly kind: "good_after_all"; readonly key: string; readonly entry: Entry }
  /** Let in by an Order ID that does not exist, or that has fewer free tickets. */
  | {
      readonly kind: "too_many_by_hand";
      readonly key: string;
      readonly entry: Entry;
      readonly known: boolean;
      readonly people: number;
      readonly counted: number;
    }
  /** Taken back here, but the server does not have it so: that guest counts as in. */
  | { readonly kind: "not_undone"; readonly key: string; readonly entry: Entry; readonly reason: string };

/** Part of a journal on its way to the server, in one message. */
export interface Batch {
  readonly scans: readonly ScanRow[];
  readonly undos: readonly UndoRow[];
}

/** What a batch's answer lets leave the journal, and what it tells of each. */
export interface Outcome {
  readonly scans: readonly { readonly row: ScanRow; readonly answer: ScanAnswer }[];
  readonly undos: readonly { readonly row: UndoRow; readonly answer: UndoAnswer }[];
}

type Owed =
  | { readonly kind: "scan"; readonly row: ScanRow }
  | { readonly kind: "undo"; readonly row: UndoRow };

/** The most that the server takes in one message. */
export const BATCH_FACTS = 200;
/** A client message has 65,536 bytes at most; one that is longer ends the connection for good. */
const BATCH_BYTES = 60_000;
const utf8 = new TextEncoder();

/**
 * What the server does not have yet, oldest first, in batches: one under way at a time. Nothing is dropped before it
 * is answered under its own kind; a batch that nobody answered is sent again as it was, and counts once all the same.
 */
export class Drain {
  private readonly owed = new Map<string, Owed>();
  private underWay: Batch | null = null;
  /** The server will not take these: they stay in the journal, and are not sent again in this life. */
  private readonly refused = new Set<string>();
  private limit = BATCH_FACTS;

  get size(): number {
    return this.owed.size;
  }

  /** Whether a batch waits for its answer. */
  get isBusy(): boolean {
    return this.underWay !== null;
  }

  add(row: ScanRow): void {
    if (isOwed(row)) this.owed.set(row.scan_id, { kind: "scan", row });
  }

  addUndo(row: UndoRow): void {
    if (!row.acknowledged) this.owed.set(row.undo_id, { kind: "undo", row });
  }

  /** The next batch; null while one is under way, and when there is nothing to send. */
  take(): Batch | null {
    if (this.underWay !== null) return null;
    const [scans, undos]: [ScanRow[], UndoRow[]] = [[], []];
    let bytes = 0;
    for (const [id, owed] of this.owed) {
      if (this.refused.has(id)) continue;
      bytes += sizeOf(owed);
      const count = scans.length + undos.length;
      if (count >= this.limit || (count > 0 && bytes > BATCH_BYTES)) break;
      if (owed.kind === "scan") scans.push(owed.row);
      else undos.push(owed.row);
    }
    if (scans.length + undos.length === 0) return null;
    this.underWay = { scans, undos };
    return this.underWay;
  }

  /** Nobody answered: all of it is owed as before. */
  unanswered(): void {
    this.underWay = null;
  }

  /** The server cannot read the batch: something in it is ill. Smaller ones find out what; that alone is given up. */
  unreadable(): void {
    const { scans, undos } = this.underWay ?? { scans: [], undos: [] };
    const ids = [...scans.map(({ scan_id }) => scan_id), ...undos.map(({ undo_id }) => undo_id)];
    this.underWay = null;
    if (ids.length > 1) this.limit = Math.ceil(ids.length / 2);
    else for (const id of ids) this.refused.add(id);
  }

  /** The server answered the batch under way. Whatever it does not acknowledge under its own kind stays owed. */
  answered(answer: Pick<Drained, "scans" | "undos" | "refused">): Outcome {
    const batch = this.underWay ?? { scans: [], undos: [] };
    this.underWay = null;
    this.limit = Math.min(BATCH_FACTS, this.limit * 2);
    for (const { id, code } of answer.refused) if (this.isForGood(id, code)) this.refused.add(id);
    return {
      scans: answer.scans.flatMap((one) => {
        const row = batch.scans.find(({ scan_id }) => scan_id === one.scan_id);
        return row !== undefined && this.isSettled(one) ? [{ row, answer: one }] : [];
      }),
      undos: answer.undos.flatMap((one) => {
        const row = batch.undos.find(({ undo_id }) => undo_id === one.undo_id);
        return row !== undefined && this.owed.delete(one.undo_id) ? [{ row, answer: one }] : [];
      }),
    };
  }

  private isSettled({ scan_id, acknowledged }: ScanAnswer): boolean {
    const current = this.owed.get(scan_id);
    if (current?.kind !== "scan" || current.row.decision !== acknowledged) return false;
    return this.owed.delete(scan_id);
  }

  /** An undo whose scan is still on its way is only early. */
  private isForGood(id: string, code: ErrorCode): boolean {
    if (code === "unavailable") return false;
    const owed = this.owed.get(id);
    if (code !== "scan_unknown" || owed?.kind !== "undo") return true;
    const scan = owed.row.scan_id;
    return !this.owed.has(scan) || this.refused.has(scan);
  }
}

function sizeOf(owed: Owed): number {
  const fact = owed.kind === "scan" ? factOf(owed.row) : undoFactOf(owed.row);
  return utf8.encode(JSON.stringify(fact)).length + 1;
}

/** Two clocks lie between what the phone and the server call the moment of one entry, and a server that was stuck. */
const CLOCKS_MS = 5_000;
const STUCK_MS = 60_000;

/** Whether the server's late answer to a scan that the phone decided alone is news for the door. */
export function alertFor(row: ScanRow, { verdict }: Pick<ScanAnswer, "verdict">, door: string): Alert | null {
  const here = { at: row.scanned_at, door };
  const key = row.anchor ?? row.scan_id;
  if (verdict.t === "by_order") {
    const { known, counted } = verdict;
    const people = row.admits ?? 1;
    return counted < people
      ? { kind: "too_many_by_hand", key: row.scan_id, entry: here, known, people, counted }
      : null;
  }
  const wasIn = verdict.t === "already_in" && !isOwn(verdict.entry, row.scan_id, here);
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
function isOwn(entry: Entry, scanId: string, here: Entry): boolean {
  if (entry.scan_id) return entry.scan_id === scanId;
  const later = entry.at - here.at;
  return entry.door === here.door && later >= -CLOCKS_MS && later <= STUCK_MS;
}
