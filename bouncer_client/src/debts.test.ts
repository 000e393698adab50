import { beforeEach, expect, test } from "vitest";
import type { Drained, ScanFact, UndoFact } from "../../realtime/client/protocol.gen.ts";
import { MemoryJournal } from "./adapters/memory_journal.ts";
import { payDebt } from "./debts.ts";

const REMOVED = { token: "t", device: { id: "d", name: "Door A", event: "e" } };
let journal: MemoryJournal;
let told: [ScanFact["decision"], number][];

beforeEach(async () => {
  told = [];
  journal = new MemoryJournal();
  for (let n = 0; n < 250; n++) await keep(`scan-${n}`);
  await journal.decide("scan-0", "admitted_offline", { t: "unlisted" });
  await journal.undo({
    undo_id: "undo",
    scan_id: "scan-0",
    device: "d",
    undone_at: 2,
    clock_offset_ms: 0,
    acknowledged: false,
    refusal: null,
  });
});

async function keep(scan_id: string): Promise<void> {
  const row = { scan_id, device: "d", code: "1", anchor: null, scanned_at: 1, clock_offset_ms: 0 };
  await journal.append({ ...row, decision: "asked", verdict: null, outcome: null, acknowledged: null });
}

async function takeAll(
  _token: string,
  scans: readonly ScanFact[],
  undos: readonly UndoFact[],
): Promise<Drained> {
  for (const { decision, device_seq } of scans) told.push([decision, device_seq]);
  return {
    t: "drained",
    ref: 0,
    scans: scans.map(({ scan_id, decision }) => ({
      scan_id,
      acknowledged: decision,
      verdict: { t: "refused", reason: "unknown" },
    })),
    undos: undos.map(({ undo_id, scan_id }) => ({ undo_id, scan_id, refusal: null })),
    refused: [],
  };
}

test("a removed phone sends all that it owes, then forgets it", async () => {
  expect(await payDebt(REMOVED, { journal, api: { tell: takeAll } })).toBe("paid");

  expect([told.length, told[0], told[1]]).toEqual([250, ["admitted_offline", 1], ["unknown", 2]]);
  expect(await journal.rows("d")).toEqual([]);
  expect(await journal.undos("d")).toEqual([]);
});

test.each([
  ["its right to tell has ended", "token_invalid", "refused"],
  ["nobody answers", "unreachable", "unreachable"],
] as const)("when %s everything stays in the journal", async (_name, answer, outcome) => {
  expect(await payDebt(REMOVED, { journal, api: { tell: async () => answer } })).toBe(outcome);
  expect(await journal.rows("d")).toHaveLength(250);
});

test("a scan that the server will not have stays, and nothing is forgotten", async () => {
  const tell = async (...asked: Parameters<typeof takeAll>) => {
    const answer = await takeAll(...asked);
    const scans = answer.scans.filter(({ scan_id }) => scan_id !== "scan-7");
    return scans.length === answer.scans.length
      ? answer
      : { ...answer, scans, refused: [{ id: "scan-7", code: "scan_id_taken" as const }] };
  };

  expect(await payDebt(REMOVED, { journal, api: { tell } })).toBe("refused");
  expect(await journal.rows("d")).toHaveLength(250);
});

test("an answer that takes nothing over is not asked for ever", async () => {
  const empty: Drained = { t: "drained", ref: 0, scans: [], undos: [], refused: [] };

  expect(await payDebt(REMOVED, { journal, api: { tell: async () => empty } })).toBe("unreachable");
});
