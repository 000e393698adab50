import { expect, test } from "vitest";
import vectors from "../../../tests/vectors/undo.json" with { type: "json" };
import type { ScanRow, UndoRow } from "./journal.ts";
import { newUndo, standingUndos, UNDO_MS, undoableFor } from "./undo.ts";

const CAME_IN = 1_700_000_000_000;
const ENTRY = { at: CAME_IN, door: "Door A" };

function row(isAdmission = true): ScanRow {
  return {
    scan_id: "scan",
    device: "d",
    device_seq: 1,
    code: "",
    anchor: "aa",
    scanned_at: CAME_IN,
    clock_offset_ms: 0,
    decision: isAdmission ? "admitted_offline" : "refused_offline",
    verdict: isAdmission
      ? { t: "admitted", ticket_type: "GA", entry: ENTRY }
      : { t: "already_in", ticket_type: "GA", entry: ENTRY },
    outcome: null,
    acknowledged: null,
  };
}

function undo(refusal: UndoRow["refusal"] = null): UndoRow {
  const made = newUndo(row(), { undoId: "undo", serverNow: CAME_IN + 1.5, clockOffsetMs: -3.4 });
  return { ...made, device_seq: 2, refusal };
}

test("the limit is the server's", () => {
  expect(UNDO_MS).toBe(vectors.limit_ms);
});

test.each(vectors.cases)("$name", ({ passed_ms, is_admission, undone_before, may }) => {
  const before = undone_before ? undo() : undefined;

  expect(undoableFor(row(is_admission), before, CAME_IN + passed_ms) > 0).toBe(may);
});

test("somebody let in by hand may be taken back as well", () => {
  const byHand: ScanRow = { ...row(false), decision: "admitted_manually", anchor: null };

  expect(undoableFor(byHand, undefined, CAME_IN)).toBe(UNDO_MS);
});

test("a clock that was set back since gives no more than the whole time", () => {
  expect(undoableFor(row(), undefined, CAME_IN - 3_600_000)).toBe(UNDO_MS);
});

test("an undo is a whole fact of its own, and one that was refused took nothing back", () => {
  expect(undo()).toMatchObject({ scan_id: "scan", device: "d", undone_at: CAME_IN + 2, clock_offset_ms: -3 });
  expect([...standingUndos([undo()]).keys()]).toEqual(["scan"]);
  expect(standingUndos([undo("too_late")]).size).toBe(0);
});
