import { expect, test } from "vitest";
import { fromHex } from "../../../ticketing/client/live_code.ts";
import { Book } from "./book.ts";
import type { ScanRow } from "./journal.ts";
import { Manifest } from "./manifest.ts";
import { STARTS_AT, snapshotOf, ticket } from "./testing.ts";

const ENTRY = { at: STARTS_AT + 1_000, door: "Door A" };
const FAN = fromHex(ticket("fan").anchor);

function open(): Book {
  return new Book(Manifest.read(snapshotOf({ fan: "active", gone: "refunded" })));
}

test("an entry made here is known here before the server tells it back, and counted once", () => {
  const book = open();
  book.enter(FAN, ENTRY);
  expect(book.standing(FAN)).toMatchObject({ status: "redeemed", entry: ENTRY });
  expect(book.headCount()).toEqual({ inside: 1, expected: 1 });

  book.manifest.apply({ t: "ticket_entered", anchor: ticket("fan").anchor, at: ENTRY.at, door: "Door A" });

  expect(book.headCount()).toEqual({ inside: 1, expected: 1 });
});

test("the server's time and door rule over this phone's own", () => {
  const book = open();
  book.enter(FAN, ENTRY);
  book.manifest.apply({ t: "ticket_entered", anchor: ticket("fan").anchor, at: STARTS_AT, door: "Door B" });

  expect(book.standing(FAN)?.entry).toEqual({ at: STARTS_AT, door: "Door B" });
});

test("a refund is a refund, whatever this phone did", () => {
  const book = open();
  book.enter(fromHex(ticket("gone").anchor), ENTRY);

  expect(book.standing(fromHex(ticket("gone").anchor))?.status).toBe("refunded");
});

test("a phone that starts again knows from its journal whom it let in", () => {
  const book = open();
  const row: ScanRow = {
    scan_id: "s",
    device: "d",
    device_seq: 1,
    code: "",
    anchor: ticket("fan").anchor,
    scanned_at: ENTRY.at,
    clock_offset_ms: 0,
    decision: "admitted_offline",
    verdict: { t: "admitted", ticket_type: "GA", entry: ENTRY },
    outcome: null,
    acknowledged: null,
  };
  book.remember([row, { ...row, anchor: ticket("gone").anchor, verdict: { t: "stale", age_s: 30 } }]);

  expect(book.standing(FAN)?.entry).toEqual(ENTRY);
});

test("a ticket that is not on the list has no standing", () => {
  expect(open().standing(fromHex(ticket("nobody").anchor))).toBeNull();
});
