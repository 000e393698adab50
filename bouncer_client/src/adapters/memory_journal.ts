import type { Decision } from "../../../realtime/client/protocol.gen.ts";
import type { Verdict } from "../core/admission.ts";
import { acknowledged, type Journal, type NewRow, type ScanRow, type Shown } from "../core/journal.ts";

/** A journal that lasts as long as the page: the fake of `openJournal`, for tests; it passes the same suite. */
export class MemoryJournal implements Journal {
  private readonly kept = new Map<string, ScanRow>();

  async append(row: NewRow): Promise<ScanRow> {
    if (this.kept.has(row.scan_id)) throw new Error(`${row.scan_id} is in the journal already`);
    const before = [...this.kept.values()].filter(({ device }) => device === row.device).length;
    return this.keep({ ...row, device_seq: before + 1 });
  }

  async decide(scanId: string, decision: Decision, shown: Shown): Promise<ScanRow> {
    return this.keep({ ...this.row(scanId), decision, verdict: shown });
  }

  async acknowledge(scanId: string, kind: Decision, verdict: Verdict): Promise<ScanRow> {
    return this.keep(acknowledged(this.row(scanId), kind, verdict));
  }

  async rows(device: string): Promise<ScanRow[]> {
    return [...this.kept.values()].filter((row) => row.device === device);
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
