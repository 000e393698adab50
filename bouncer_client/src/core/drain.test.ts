import { describe, expect, test } from "vitest";
import type { Decision, VerdictGiven } from "../../../realtime/client/protocol.gen.ts";
import type { Verdict } from "./admission.ts";
import { alertFor, Drain } from "./drain.ts";
import type { ScanRow, Shown } from "./journal.ts";

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

function answer(n: number, acknowledged: Decision, verdict: Verdict = ADMITTED): VerdictGiven {
  return { t: "verdict", ref: 1, scan_id: `scan-${n}`, acknowledged, verdict };
}

function filled(count: number): Drain {
  const drain = new Drain();
  for (let n = 1; n <= count; n++) drain.add(row(n));
  return drain;
}

describe("draining", () => {
  test("sends the oldest first, a few at a time, each once", () => {
    const drain = filled(5);

    expect(drain.take(2).map(({ device_seq }) => device_seq)).toEqual([1, 2]);
    expect(drain.take(2)).toEqual([]);
    drain.answered(row(1), answer(1, "admitted_offline"));
    expect(drain.take(2).map(({ device_seq }) => device_seq)).toEqual([3]);
  });

  test("a row is owed until its own kind is acknowledged", () => {
    const drain = filled(1);

    expect(drain.answered(row(1), answer(1, "asked"))).toBe(false);
    expect(drain.size).toBe(1);
    expect(drain.answered(row(1), answer(1, "admitted_offline"))).toBe(true);
    expect(drain.size).toBe(0);
  });

  test("what nobody answered is sent again", () => {
    const drain = filled(1);
    const [taken] = drain.take(8);
    if (taken !== undefined) drain.unanswered(taken);

    expect(drain.take(8)).toHaveLength(1);
  });

  test("what the server refuses stays owed and holds nothing up", () => {
    const drain = filled(2);
    const [taken] = drain.take(1);
    if (taken !== undefined) drain.gaveUp(taken);

    expect(drain.take(8).map(({ device_seq }) => device_seq)).toEqual([2]);
    expect(drain.size).toBe(2);
  });

  test("an acknowledged row is not owed", () => {
    const drain = new Drain();
    drain.add({ ...row(1), acknowledged: "admitted_offline" });

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
