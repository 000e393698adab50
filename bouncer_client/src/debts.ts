import type { DoorApi } from "./adapters/api.ts";
import type { Identity } from "./adapters/keeper.ts";
import { Drain } from "./core/drain.ts";
import { diedInMidScan, factOf, type Journal, undoFactOf } from "./core/journal.ts";
import { taken } from "./sending.ts";

/**
 * What became of the scans of a phone that was removed, or paired anew: they go up by HTTP, under the right that the
 * server leaves such a phone for a week.
 */
export type Paid = "paid" | "refused" | "unreachable";

export interface Purse {
  readonly journal: Journal;
  readonly api: Pick<DoorApi, "tell">;
}

/** Send all that is owed, batch after batch. Only then does the phone forget that part of its journal. */
export async function payDebt({ token, device }: Identity, { journal, api }: Purse): Promise<Paid> {
  const drain = await owedBy(journal, device.id);
  for (let batch = drain.take(); batch !== null; batch = drain.take()) {
    const owed = drain.size;
    const answer = await api.tell(token, batch.scans.map(factOf), batch.undos.map(undoFactOf));
    if (answer === "token_invalid") return "refused";
    if (answer === "unreachable") return "unreachable";
    if (answer === "malformed") {
      drain.unreadable();
      continue;
    }
    await journal.settle(...taken(drain.answered(answer)));
    if (drain.size === owed) return answer.refused.length > 0 ? "refused" : "unreachable";
  }
  if (drain.size > 0) return "refused";
  await journal.forget(device.id);
  return "paid";
}

/** How much a phone owes, as a drain ready to be emptied. A scan that died is one of which nobody knows. */
export async function owedBy(journal: Journal, device: string): Promise<Drain> {
  const drain = new Drain();
  for (const row of await journal.rows(device))
    drain.add(diedInMidScan(row) ? await journal.decide(row.scan_id, "unknown", { t: "interrupted" }) : row);
  for (const undo of await journal.undos(device)) drain.addUndo(undo);
  return drain;
}
