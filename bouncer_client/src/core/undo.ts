import type { Entry } from "../../../realtime/client/protocol.gen.ts";
import type { NewUndo, ScanRow, UndoRow } from "./journal.ts";

/**
 * Taking an admission back, as a phone may: its own admissions, for five minutes, once. The server judges by the same
 * rule (`ticketing/undoing.py`); the two are held together by `tests/vectors/undo.json`.
 */
export const UNDO_MS = 300_000;

/** How long this admission may still be taken back, in milliseconds; 0 for what is no admission of this phone. */
export function undoableFor(row: ScanRow, undo: UndoRow | undefined, serverNow: number): number {
  if (undo !== undefined || !isOwnAdmission(row)) return 0;
  return Math.max(0, UNDO_MS - Math.max(0, serverNow - row.scanned_at));
}

/** Somebody was let in by this phone, with this scan. */
export function isOwnAdmission(row: ScanRow): boolean {
  return row.verdict?.t === "admitted" || row.decision === "admitted_manually";
}

/** The entry that this admission made, as the server will know it. */
export function entryOf(row: ScanRow, door: string): Entry {
  return row.verdict?.t === "admitted" ? row.verdict.entry : { at: row.scanned_at, door };
}

export interface UndoMoment {
  readonly undoId: string;
  readonly serverNow: number;
  readonly clockOffsetMs: number;
}

export function newUndo(row: ScanRow, { undoId, serverNow, clockOffsetMs }: UndoMoment): NewUndo {
  return {
    undo_id: undoId,
    scan_id: row.scan_id,
    device: row.device,
    undone_at: Math.round(serverNow),
    clock_offset_ms: Math.round(clockOffsetMs),
    acknowledged: false,
    refusal: null,
  };
}

/** Each scan's undo, the newest; one that the server refused took nothing back. */
export function standingUndos(undos: readonly UndoRow[]): Map<string, UndoRow> {
  return new Map(undos.filter(({ refusal }) => refusal === null).map((undo) => [undo.scan_id, undo]));
}
