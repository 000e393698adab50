import type { Decision, DeviceIdentity, ScanFact } from "../../../realtime/client/protocol.gen.ts";
import type { Verdict } from "./admission.ts";

/** A genuine-looking code whose ticket this phone does not know, and nobody to ask. */
export interface Unlisted {
  readonly t: "unlisted";
}

/** What a bouncer is shown: the server's verdicts, and one that only a phone without network can give. */
export type Shown = Verdict | Unlisted;

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

/**
 * The phone's durable log of scans. Every promise resolves only when the row would survive the phone being killed;
 * until then no verdict is shown. It rejects when the phone cannot keep a journal at all.
 */
export interface Journal {
  /** Keep a new scan under the next number of its device: 1, 2, 3 ... without holes. */
  append(row: NewRow): Promise<ScanRow>;
  /** The phone has decided by itself, under the same scan id. */
  decide(scanId: string, decision: Decision, shown: Shown): Promise<ScanRow>;
  /** The server has taken over this kind of fact; if the row is of another kind by now, it stays owed. */
  acknowledge(scanId: string, kind: Decision, verdict: Verdict): Promise<ScanRow>;
  /** A device's scans, oldest first. */
  rows(device: string): Promise<ScanRow[]>;
}

export function isOwed(row: ScanRow): boolean {
  return row.acknowledged !== row.decision;
}

export function isConfirmed(row: ScanRow): boolean {
  return row.acknowledged !== null;
}

/** The row as it now stands in the journal, after the server took over one kind of fact. */
export function acknowledged(row: ScanRow, kind: Decision, verdict: Verdict): ScanRow {
  if (row.decision !== kind) return row;
  return { ...row, acknowledged: kind, outcome: verdict, verdict: row.verdict ?? verdict };
}

/** What goes up: the fact, without the phone's own notes. */
export function factOf(row: ScanRow): ScanFact {
  const { scan_id, device_seq, code, scanned_at, clock_offset_ms, decision } = row;
  return { scan_id, device_seq, code, scanned_at, clock_offset_ms, decision };
}

/**
 * A row that was asked and never answered is left by a phone that died in mid-scan: nobody was shown a green.
 * It goes up as a refusal; if the server had heard the question, its first answer stands.
 */
export function diedInMidScan(row: ScanRow): boolean {
  return row.decision === "asked" && row.acknowledged === null;
}
