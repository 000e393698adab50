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

const VERSION = 2;
const SCANS = "scans";
const UNDOS = "undos";
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
    return this.write([SCANS, UNDOS], async (stores) => {
      const kept: ScanRow = { ...row, device_seq: await next(stores, row.device) };
      await result(stores(SCANS).add(kept));
      return kept;
    });
  }

  decide(scanId: string, decision: Decision, shown: Shown): Promise<ScanRow> {
    return this.change(scanId, (row) => decided(row, decision, shown));
  }

  acknowledge(scanId: string, kind: Decision, verdict: Verdict): Promise<ScanRow> {
    return this.change(scanId, (row) => acknowledged(row, kind, verdict));
  }

  undo(row: NewUndo): Promise<UndoRow> {
    return this.write([SCANS, UNDOS], async (stores) => {
      const kept: UndoRow = { ...row, device_seq: await next(stores, row.device) };
      await result(stores(UNDOS).add(kept));
      return kept;
    });
  }

  settle(scans: readonly TakenScan[], undos: readonly TakenUndo[]): Promise<Settled> {
    return this.write([SCANS, UNDOS], async (stores) => ({
      scans: await Promise.all(scans.map((taken) => settleScan(stores(SCANS), taken))).then(known),
      undos: await Promise.all(undos.map((taken) => settleUndo(stores(UNDOS), taken))).then(known),
    }));
  }

  rows(device: string): Promise<ScanRow[]> {
    return this.all<ScanRow>(SCANS, device);
  }

  undos(device: string): Promise<UndoRow[]> {
    return this.all<UndoRow>(UNDOS, device);
  }

  async forget(device: string): Promise<void> {
    await this.write([SCANS, UNDOS], async (stores) => {
      const scans = await rowsOf<ScanRow>(stores(SCANS), device);
      const undos = await rowsOf<UndoRow>(stores(UNDOS), device);
      if (scans.some(isOwed) || undos.some((row) => !row.acknowledged))
        throw new Error(`${device} still owes`);
      for (const { scan_id } of scans) stores(SCANS).delete(scan_id);
      for (const { undo_id } of undos) stores(UNDOS).delete(undo_id);
      return true;
    });
  }

  private all<Row>(store: Store, device: string): Promise<Row[]> {
    return rowsOf<Row>(this.database.transaction(store, "readonly").objectStore(store), device);
  }

  private change(scanId: string, to: (row: ScanRow) => ScanRow): Promise<ScanRow> {
    return this.write([SCANS], async (stores) => {
      const row = (await result(stores(SCANS).get(scanId))) as ScanRow | undefined;
      if (row === undefined) throw new Error(`${scanId} is not in the journal`);
      const changed = to(row);
      await result(stores(SCANS).put(changed));
      return changed;
    });
  }

  /** Resolves when the transaction is complete, not when its requests are. Awaits nothing but its own requests. */
  private write<T>(names: readonly Store[], work: (stores: Stores) => Promise<T>): Promise<T> {
    const transaction = this.database.transaction(names, "readwrite", { durability: "strict" });
    return new Promise((resolve, reject) => {
      let kept: { readonly value: T } | null = null;
      transaction.oncomplete = () =>
        kept === null ? reject(new Error("nothing was kept")) : resolve(kept.value);
      transaction.onabort = () => reject(transaction.error ?? new Error("the journal gave up"));
      work((name) => transaction.objectStore(name)).then(
        (value) => {
          kept = { value };
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
  request.onupgradeneeded = ({ oldVersion }) => {
    const keep = (store: Store, keyPath: string) =>
      request.result
        .createObjectStore(store, { keyPath })
        .createIndex(BY_DEVICE, ["device", "device_seq"], { unique: true });
    if (oldVersion < 1) keep(SCANS, "scan_id");
    if (oldVersion < 2) keep(UNDOS, "undo_id");
  };
  return result(request).then((database) => {
    // A newer version of the app in another tab must not wait for this one for ever.
    database.onversionchange = () => database.close();
    return database;
  });
}

type Store = typeof SCANS | typeof UNDOS;
type Stores = (name: Store) => IDBObjectStore;

/** The device's next number. Counting and keeping in one transaction: two tabs, or a death in between, leave no hole. */
async function next(stores: Stores, device: string): Promise<number> {
  const last = await Promise.all(
    ([SCANS, UNDOS] as const).map((name) =>
      result(stores(name).index(BY_DEVICE).openKeyCursor(ofDevice(device), "prev")),
    ),
  );
  return 1 + Math.max(...last.map((cursor) => (cursor === null ? 0 : (cursor.key as [string, number])[1])));
}

async function settleScan(scans: IDBObjectStore, taken: TakenScan): Promise<ScanRow | null> {
  const row = (await result(scans.get(taken.scan_id))) as ScanRow | undefined;
  if (row === undefined) return null;
  const changed = acknowledged(row, taken.acknowledged, taken.verdict);
  await result(scans.put(changed));
  return changed;
}

async function settleUndo(undos: IDBObjectStore, { undo_id, refusal }: TakenUndo): Promise<UndoRow | null> {
  const row = (await result(undos.get(undo_id))) as UndoRow | undefined;
  if (row === undefined) return null;
  const changed = { ...row, acknowledged: true, refusal };
  await result(undos.put(changed));
  return changed;
}

function known<Row>(rows: readonly (Row | null)[]): Row[] {
  return rows.filter((row) => row !== null);
}

function rowsOf<Row>(store: IDBObjectStore, device: string): Promise<Row[]> {
  return result(store.index(BY_DEVICE).getAll(ofDevice(device)) as IDBRequest<Row[]>);
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
