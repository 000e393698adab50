import { expect, test } from "vitest";
import type { ScanAnswer } from "../../../realtime/client/protocol.gen.ts";
import { alertFor } from "./drain.ts";
import type { ScanRow } from "./journal.ts";

/** What the server makes of people who were let in by an Order ID. */

const ROW: ScanRow = {
  scan_id: "scan-1",
  device: "d",
  device_seq: 1,
  code: "3G9230VQVSQ",
  anchor: null,
  scanned_at: 1_000_000,
  clock_offset_ms: 0,
  decision: "admitted_manually",
  admits: 3,
  verdict: { t: "by_hand", order_id: "3G9230VQVSQ", people: 3, known: true },
  outcome: null,
  acknowledged: null,
};

function answer(known: boolean, counted: number): ScanAnswer {
  return {
    scan_id: "scan-1",
    acknowledged: "admitted_manually",
    verdict: { t: "by_order", known, counted },
  };
}

test("as many as the order has tickets are no news", () => {
  expect(alertFor(ROW, answer(true, 3), "Door A")).toBeNull();
});

test("more people than free tickets, or no such order, are news to this door", () => {
  const entry = { at: 1_000_000, door: "Door A" };

  expect(alertFor(ROW, answer(true, 1), "Door A")).toEqual({
    kind: "too_many_by_hand",
    key: "scan-1",
    entry,
    known: true,
    people: 3,
    counted: 1,
  });
  expect(alertFor(ROW, answer(false, 0), "Door A")).toMatchObject({ known: false, counted: 0 });
});
