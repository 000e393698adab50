import type {
  Decision,
  DeviceIdentity,
  ScanFact,
  UndoFact,
  UndoRefusal,
} from "../../../realtime/client/protocol.gen.ts";
import type { Verdict } from "./admission.ts";
import type { ByHand } from "./by_hand.ts";
import type { Certified } from "./certificate.ts";
import type { Odd } from "./forms.ts";

/** A genuine-looking code whose ticket this phone does not know, and nobody to ask. */
export interface Unlisted {
  readonly t: "unlisted";
}

/** The phone was killed in mid-scan: nobody knows what it showed. */
export interface Interrupted {
  readonly t: "interrupted";
}

/** What a bouncer is shown: the server's verdicts, and those that only a phone can give. */
export type Shown = Verdict | Unlisted | Interrupted | Odd | Certified | ByHand;

/** One scan as the phone keeps it: the fact that goes up, and what has become of it. */
export interface ScanRow extends Readonly<ScanFact> {
  readonly device: DeviceIdentity["id"];
  /** The ticket that the code walks to, in hex; null for text that is not a code. */
  readonly anchor: string | null;
  /** What was shown; null while the server is being asked. */
  readonly verdict: Shown | null;
  /** What the server made of it; null until it has taken the scan over. */
  readonly outcome: Verdict | null;
  /** The kind of fact that the server has taken over. The row is owed until it equals `decision`. */
  readonly acknowledged: Decision | null;
}

/** A row as the scan makes it: the journal itself counts. */
export type NewRow = Omit<ScanRow, "device_seq">;

/** An admission that was taken back, as the phone keeps it: the fact that goes up, and what has become of it. */
export interface UndoRow extends Readonly<UndoFact> {
  readonly device: DeviceIdentity["id"];
  /** The server has it: it is owed no more. */
  readonly acknowledged: boolean;
  /** Why the admission stands all the same; null when it does not, or nobody has said so. */
  readonly refusal: UndoRefusal | null;
}

export type NewUndo = Omit<UndoRow, "device_seq">;

/** The server has this kind of fact of a scan, and makes this of it; null for what is no verdict on a code. */
export interface TakenScan {
  readonly scan_id: string;
  readonly acknowledged: Decision;
  readonly verdict: Verdict | null;
}

export interface TakenUndo {
  readonly undo_id: string;
  readonly refusal: UndoRefusal | null;
}

/** Rows as they stand in the journal by now. */
export interface Settled {
  readonly scans: readonly ScanRow[];
  readonly undos: readonly UndoRow[];
}

/**
 * The phone's durable log of scans and undos, in one count. Every promise resolves only when the row would survive
 * the phone being killed; until then nothing is shown. It rejects when the phone cannot keep a journal at all.
 */
export interface Journal {
  /** Keep a new scan under the next number of its device: 1, 2, 3 ... without holes. */
  append(row: NewRow): Promise<ScanRow>;
  /** The phone has decided by itself, under the same scan id. A stronger decision that is kept already stands. */
  decide(scanId: string, decision: Decision, shown: Shown): Promise<ScanRow>;
  /** The server has taken over this kind of fact; if the row is of another kind by now, it stays owed. */
  acknowledge(scanId: string, kind: Decision, verdict: Verdict): Promise<ScanRow>;
  /** Keep an undo under the next number of its device, the same count as the scans'. */
  undo(row: NewUndo): Promise<UndoRow>;
  /** The server has taken over all of these: one write for a whole batch. What is not in the journal is passed over. */
  settle(scans: readonly TakenScan[], undos: readonly TakenUndo[]): Promise<Settled>;
  /** A device's scans, oldest first. */
  rows(device: string): Promise<ScanRow[]>;
  /** A device's undos, oldest first. */
  undos(device: string): Promise<UndoRow[]>;
  /** Forget a device that has been done with: rejects, and forgets nothing, while anything of it is owed. */
  forget(device: string): Promise<void>;
}

export function isOwed(row: ScanRow): boolean {
  return row.acknowledged !== row.decision;
}

export function isConfirmed(row: ScanRow): boolean {
  return row.acknowledged !== null;
}

/** Weakest first: of several decisions under one scan id, the strongest is what happened. The server's own order. */
const STRENGTH: readonly Decision[] = [
  "asked",
  "unknown",
  "refused_offline",
  "admitted_offline",
  "admitted_manually",
];

/** The row as it now stands in the journal, after the phone decided. Two tabs may decide: the stronger counts. */
export function decided(row: ScanRow, decision: Decision, shown: Shown): ScanRow {
  if (STRENGTH.indexOf(decision) < STRENGTH.indexOf(row.decision)) return row;
  return { ...row, decision, verdict: shown };
}

/** The row as it now stands in the journal, after the server took over one kind of fact. */
export function acknowledged(row: ScanRow, kind: Decision, verdict: Verdict | null): ScanRow {
  if (row.decision !== kind) return row;
  return { ...row, acknowledged: kind, outcome: verdict, verdict: row.verdict ?? verdict };
}

/** What goes up: the fact, without the phone's own notes. */
export function factOf(row: ScanRow): ScanFact {
  const { scan_id, device_seq, code, scanned_at, clock_offset_ms, decision, admits } = row;
  const fact = { scan_id, device_seq, code, scanned_at, clock_offset_ms, decision };
  return admits === undefined ? fact : { ...fact, admits };
}

export function undoFactOf({ undo_id, scan_id, device_seq, undone_at, clock_offset_ms }: UndoRow): UndoFact {
  return { undo_id, scan_id, device_seq, undone_at, clock_offset_ms };
}

/**
 * A row that was asked and never answered is left by a phone that died in mid-scan: nobody knows what it showed.
 * It goes up as "unknown"; if the server had heard the question, its first answer stands.
 */
export function diedInMidScan(row: ScanRow): boolean {
  return row.decision === "asked" && row.acknowledged === null;
}
