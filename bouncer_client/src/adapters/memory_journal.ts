import type { Decision } from "../../../realtime/client/protocol.gen.ts";
import type { Verdict } from "../core/admission.ts";
import {
  acknowledged,
  decided,
  isOwed,
  type Journal,
  type NewRow,
  type NewUndo,
  type ScanRow,
  type Settled,
  type Shown,
  type TakenScan,
  type TakenUndo,
  type UndoRow,
} from "../core/journal.ts";

/** A journal that lasts as long as the page: the fake of `openJournal`, for tests; it passes the same suite. */
export class MemoryJournal implements Journal {
  private readonly kept = new Map<string, ScanRow>();
  private readonly numbers = new Map<string, number>();
  private readonly takenBack = new Map<string, UndoRow>();

  async append(row: NewRow): Promise<ScanRow> {
    if (this.kept.has(row.scan_id)) throw new Error(`${row.scan_id} is in the journal already`);
    return this.keep({ ...row, device_seq: this.next(row.device) });
  }

  async decide(scanId: string, decision: Decision, shown: Shown): Promise<ScanRow> {
    return this.keep(decided(this.row(scanId), decision, shown));
  }

  async acknowledge(scanId: string, kind: Decision, verdict: Verdict): Promise<ScanRow> {
    return this.keep(acknowledged(this.row(scanId), kind, verdict));
  }

  async undo(row: NewUndo): Promise<UndoRow> {
    if (this.takenBack.has(row.undo_id)) throw new Error(`${row.undo_id} is in the journal already`);
    return this.keepUndo({ ...row, device_seq: this.next(row.device) });
  }

  async settle(scans: readonly TakenScan[], undos: readonly TakenUndo[]): Promise<Settled> {
    return {
      scans: scans.flatMap(({ scan_id, acknowledged: kind, verdict }) => {
        const row = this.kept.get(scan_id);
        return row === undefined ? [] : [this.keep(acknowledged(row, kind, verdict))];
      }),
      undos: undos.flatMap(({ undo_id, refusal }) => {
        const row = this.takenBack.get(undo_id);
        return row === undefined ? [] : [this.keepUndo({ ...row, acknowledged: true, refusal })];
      }),
    };
  }

  async rows(device: string): Promise<ScanRow[]> {
    return [...this.kept.values()].filter((row) => row.device === device);
  }

  async undos(device: string): Promise<UndoRow[]> {
    return [...this.takenBack.values()].filter((row) => row.device === device);
  }

  async forget(device: string): Promise<void> {
    const [scans, undos] = [await this.rows(device), await this.undos(device)];
    if (scans.some(isOwed) || undos.some(({ acknowledged }) => !acknowledged))
      throw new Error(`${device} still owes`);
    for (const { scan_id } of scans) this.kept.delete(scan_id);
    for (const { undo_id } of undos) this.takenBack.delete(undo_id);
  }

  private next(device: string): number {
    const number = (this.numbers.get(device) ?? 0) + 1;
    this.numbers.set(device, number);
    return number;
  }

  private keepUndo(row: UndoRow): UndoRow {
    this.takenBack.set(row.undo_id, row);
    return row;
  }

  private keep(row: ScanRow): ScanRow {
    this.kept.set(row.scan_id, row);
    return row;
  }

  private row(scanId: string): ScanRow {
    const row = this.kept.get(scanId);
    if (row === undefined) throw new Error(`${scanId} is not in the journal`);
    return row;
  }
}
