import { describe, expect, test } from "vitest";
import type { Decision, NotKept, ScanAnswer, UndoAnswer } from "../../../realtime/client/protocol.gen.ts";
import type { Verdict } from "./admission.ts";
import { alertFor, type Batch, Drain } from "./drain.ts";
import { factOf, type ScanRow, type Shown, type UndoRow } from "./journal.ts";

const ADMITTED: Verdict = { t: "admitted", ticket_type: "GA", entry: { at: 1_000_000, door: "Door A" } };

function row(n: number, decision: Decision = "admitted_offline", verdict: Shown = ADMITTED): ScanRow {
  return {
    scan_id: `scan-${n}`,
    device: "d",
    device_seq: n,
    code: "",
    anchor: "aa",
    scanned_at: 1_000_000,
    clock_offset_ms: 0,
    decision,
    verdict,
    outcome: null,
    acknowledged: null,
  };
}

function undo(n: number, scan: number): UndoRow {
  return {
    undo_id: `undo-${n}`,
    scan_id: `scan-${scan}`,
    device: "d",
    device_seq: n,
    undone_at: 1_060_000,
    clock_offset_ms: 0,
    acknowledged: false,
    refusal: null,
  };
}

function answer(n: number, acknowledged: Decision, verdict: Verdict = ADMITTED): ScanAnswer {
  return { scan_id: `scan-${n}`, acknowledged, verdict };
}

function drained(scans: ScanAnswer[], undos: UndoAnswer[] = [], refused: NotKept[] = []) {
  return { scans, undos, refused };
}

function filled(count: number): Drain {
  const drain = new Drain();
  for (let n = 1; n <= count; n++) drain.add(row(n));
  return drain;
}

function numbers(batch: Batch | null): number[] {
  return [...(batch?.scans ?? []), ...(batch?.undos ?? [])].map(({ device_seq }) => device_seq);
}

describe("draining", () => {
  test("sends the oldest first, 200 at a time, one batch under way", () => {
    const drain = filled(450);

    const first = drain.take();
    expect([numbers(first)[0], numbers(first).length]).toEqual([1, 200]);
    expect(drain.take()).toBeNull();
    drain.answered(drained(numbers(first).map((n) => answer(n, "admitted_offline"))));
    expect(numbers(drain.take())[0]).toBe(201);
    expect(drain.size).toBe(250);
  });

  test("a batch never outgrows what the server reads, however long the codes are", () => {
    const drain = new Drain();
    for (let n = 1; n <= 200; n++) drain.add({ ...row(n), code: "\u{1F39F}".repeat(512) });

    const batch = drain.take();

    const bytes = new TextEncoder().encode(JSON.stringify(batch?.scans.map(factOf))).length;
    expect(bytes).toBeLessThan(60_500);
    expect(numbers(batch).length).toBeGreaterThan(10);
  });

  test("a scan and its undo go up together", () => {
    const drain = filled(1);
    drain.addUndo(undo(2, 1));

    expect(drain.take()).toEqual({ scans: [row(1)], undos: [undo(2, 1)] });
    const outcome = drain.answered(
      drained([answer(1, "admitted_offline")], [{ undo_id: "undo-2", scan_id: "scan-1", refusal: null }]),
    );
    expect([outcome.scans.length, outcome.undos.length, drain.size]).toEqual([1, 1, 0]);
  });

  test("a row is owed until its own kind is acknowledged", () => {
    const drain = filled(1);

    drain.take();
    expect(drain.answered(drained([answer(1, "asked")])).scans).toEqual([]);
    expect(drain.size).toBe(1);
    drain.take();
    expect(drain.answered(drained([answer(1, "admitted_offline")])).scans).toHaveLength(1);
    expect(drain.size).toBe(0);
  });

  test("what the answer does not name, and what nobody answered, is sent again", () => {
    const drain = filled(2);
    drain.take();
    drain.unanswered();
    expect(numbers(drain.take())).toEqual([1, 2]);

    drain.answered(drained([answer(2, "admitted_offline")]));

    expect(numbers(drain.take())).toEqual([1]);
  });

  test("a row decided anew while its batch was under way stays owed as what it is now", () => {
    const drain = new Drain();
    drain.add(row(1, "unknown"));
    drain.take();
    drain.add(row(1, "admitted_offline"));

    expect(drain.answered(drained([answer(1, "unknown")])).scans).toEqual([]);
    expect(drain.take()?.scans[0]?.decision).toBe("admitted_offline");
  });

  test("what the server refuses stays owed and holds nothing up", () => {
    const drain = filled(2);
    drain.take();
    drain.answered(drained([], [], [{ id: "scan-1", code: "scan_id_taken" }]));

    expect(numbers(drain.take())).toEqual([2]);
    expect(drain.size).toBe(2);
  });

  test("what the server could not do now is asked again", () => {
    const drain = filled(1);
    drain.take();
    drain.answered(drained([], [], [{ id: "scan-1", code: "unavailable" }]));

    expect(numbers(drain.take())).toEqual([1]);
  });

  test("an undo that came before its scan waits for it; without its scan it is given up", () => {
    const drain = filled(1);
    drain.addUndo(undo(2, 1));
    drain.take();
    drain.answered(
      drained(
        [],
        [],
        [
          { id: "scan-1", code: "unavailable" },
          { id: "undo-2", code: "scan_unknown" },
        ],
      ),
    );
    expect(numbers(drain.take())).toEqual([1, 2]);

    drain.answered(
      drained(
        [],
        [],
        [
          { id: "scan-1", code: "scan_id_taken" },
          { id: "undo-2", code: "scan_unknown" },
        ],
      ),
    );
    expect(drain.take()).toBeNull();
  });

  test("one ill row in a batch that the server cannot read is found, and only that one stays", () => {
    const drain = filled(200);
    const told: number[] = [];
    for (let batch = drain.take(); batch !== null; batch = drain.take()) {
      if (numbers(batch).includes(77)) drain.unreadable();
      else {
        told.push(...numbers(batch));
        drain.answered(drained(numbers(batch).map((n) => answer(n, "admitted_offline"))));
      }
    }

    expect([told.length, new Set(told).size, drain.size]).toEqual([199, 199, 1]);
  });

  test("an acknowledged row is not owed", () => {
    const drain = new Drain();
    drain.add({ ...row(1), acknowledged: "admitted_offline" });
    drain.addUndo({ ...undo(2, 1), acknowledged: true });

    expect(drain.size).toBe(0);
  });
});

describe("what comes to light", () => {
  const elsewhere = { at: 900_000, door: "Door B" };

  test("a ticket let in here that was in already was let in twice", () => {
    const late = answer(1, "admitted_offline", { t: "already_in", ticket_type: "GA", entry: elsewhere });

    expect(alertFor(row(1), late, "Door A")).toEqual({
      kind: "let_in_twice",
      key: "aa",
      first: elsewhere,
      second: { at: 1_000_000, door: "Door A" },
    });
  });

  test("this very scan's own question, redeemed after the phone had stopped waiting, is no second entry", () => {
    const own = { at: 1_010_700, door: "Door A" };
    const late = answer(1, "admitted_offline", { t: "already_in", ticket_type: "GA", entry: own });

    expect(alertFor(row(1), late, "Door A")).toBeNull();
  });

  test("whose entry it is, the server's own word for it decides", () => {
    const entry = { at: 1_500_000, door: "Door A", scan_id: "scan-1" };
    const late = answer(1, "admitted_offline", { t: "already_in", ticket_type: "GA", entry });
    expect(alertFor(row(1), late, "Door A")).toBeNull();

    const another = answer(1, "admitted_offline", {
      t: "already_in",
      ticket_type: "GA",
      entry: { at: 1_000_001, door: "Door A", scan_id: "scan-9" },
    });
    expect(alertFor(row(1), another, "Door A")?.kind).toBe("let_in_twice");
  });

  test("a ticket let in here that was refunded is told", () => {
    const late = answer(1, "admitted_offline", { t: "refused", reason: "refunded" });

    expect(alertFor(row(1), late, "Door A")).toMatchObject({ kind: "wrongly_let_in", reason: "refunded" });
  });

  test("a ticket turned away here that the server had let in is told", () => {
    const turnedAway = row(1, "refused_offline", { t: "unlisted" });

    expect(alertFor(turnedAway, answer(1, "refused_offline", ADMITTED), "Door A")?.kind).toBe(
      "good_after_all",
    );
  });

  test.each<[string, ScanRow, Verdict]>([
    ["an admission that stands", row(1), ADMITTED],
    [
      "a refusal that stands",
      row(1, "refused_offline", { t: "already_in", ticket_type: "GA", entry: elsewhere }),
      { t: "already_in", ticket_type: "GA", entry: elsewhere },
    ],
    ["a stale code", row(1, "refused_offline", { t: "stale", age_s: 60 }), { t: "stale", age_s: 60 }],
  ])("%s is no news", (_name, scan, verdict) => {
    expect(alertFor(scan, answer(1, scan.decision, verdict), "Door A")).toBeNull();
  });
});
