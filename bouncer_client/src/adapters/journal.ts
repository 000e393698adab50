import type { Decision } from "../../../realtime/client/protocol.gen.ts";
import type { Verdict } from "../core/admission.ts";
import { acknowledged, type Journal, type NewRow, type ScanRow, type Shown } from "../core/journal.ts";

const VERSION = 1;
const SCANS = "scans";
const BY_DEVICE = "by_device";

/**
 * The journal in IndexedDB. "strict": localStorage loses minutes of writes when a browser is killed, and a relaxed
 * transaction may lose its last ones with the phone's battery; measured, the difference is a millisecond.
 * Rejects where the browser has no IndexedDB (Lockdown Mode): such a phone cannot work a door.
 */
export async function openJournal(name = "ngn-door"): Promise<Journal> {
  return new IndexedDbJournal(await openDatabase(name));
}

class IndexedDbJournal implements Journal {
  constructor(private readonly database: IDBDatabase) {}

  append(row: NewRow): Promise<ScanRow> {
    return this.write(async (scans) => {
      // Counting and keeping in one transaction: two tabs, or a death in between, leave no hole.
      const last = await result(scans.index(BY_DEVICE).openKeyCursor(ofDevice(row.device), "prev"));
      const device_seq = last === null ? 1 : (last.key as [string, number])[1] + 1;
      const kept: ScanRow = { ...row, device_seq };
      await result(scans.add(kept));
      return kept;
    });
  }

  decide(scanId: string, decision: Decision, shown: Shown): Promise<ScanRow> {
    return this.change(scanId, (row) => ({ ...row, decision, verdict: shown }));
  }

  acknowledge(scanId: string, kind: Decision, verdict: Verdict): Promise<ScanRow> {
    return this.change(scanId, (row) => acknowledged(row, kind, verdict));
  }

  rows(device: string): Promise<ScanRow[]> {
    const scans = this.database.transaction(SCANS, "readonly").objectStore(SCANS);
    return result(scans.index(BY_DEVICE).getAll(ofDevice(device)) as IDBRequest<ScanRow[]>);
  }

  private change(scanId: string, to: (row: ScanRow) => ScanRow): Promise<ScanRow> {
    return this.write(async (scans) => {
      const row = (await result(scans.get(scanId))) as ScanRow | undefined;
      if (row === undefined) throw new Error(`${scanId} is not in the journal`);
      const changed = to(row);
      await result(scans.put(changed));
      return changed;
    });
  }

  /** Resolves when the transaction is complete, not when its requests are. Awaits nothing but its own requests. */
  private write(work: (scans: IDBObjectStore) => Promise<ScanRow>): Promise<ScanRow> {
    const transaction = this.database.transaction(SCANS, "readwrite", { durability: "strict" });
    return new Promise((resolve, reject) => {
      let kept: ScanRow | null = null;
      transaction.oncomplete = () => (kept === null ? reject(new Error("nothing was kept")) : resolve(kept));
      transaction.onabort = () => reject(transaction.error ?? new Error("the journal gave up"));
      work(transaction.objectStore(SCANS)).then(
        (row) => {
          kept = row;
        },
        (problem: unknown) => {
          reject(problem);
          abort(transaction);
        },
      );
    });
  }
}

function openDatabase(name: string): Promise<IDBDatabase> {
  const request = indexedDB.open(name, VERSION);
  request.onupgradeneeded = () => {
    const scans = request.result.createObjectStore(SCANS, { keyPath: "scan_id" });
    scans.createIndex(BY_DEVICE, ["device", "device_seq"], { unique: true });
  };
  return result(request);
}

function ofDevice(device: string): IDBKeyRange {
  return IDBKeyRange.bound([device, 0], [device, Number.MAX_SAFE_INTEGER]);
}

function result<T>(request: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error ?? new Error("the journal failed"));
  });
}

function abort(transaction: IDBTransaction): void {
  try {
    transaction.abort();
  } catch {
    // It has ended by itself, which is what was wanted.
  }
}
