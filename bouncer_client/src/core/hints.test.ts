import { expect, test } from "vitest";
import { fromHex } from "../../../ticketing/client/live_code.ts";
import { Book } from "./book.ts";
import { type Hint, Hints, MOST_HINTS } from "./hints.ts";
import { Manifest } from "./manifest.ts";
import { STARTS_AT, snapshotOf, ticket } from "./testing.ts";

const ENTRY = { at: STARTS_AT + 1_000, door: "Door B" };
const FAN = ticket("fan").anchor;
const HINT: Hint = { anchor: FAN, entry: ENTRY, scan_id: "s1", by: "phone-b" };
const LATER: Hint = {
  ...HINT,
  entry: { at: ENTRY.at + 9_000, door: "Door C" },
  scan_id: "s2",
  by: "phone-c",
};

function open(): Book {
  return new Book(Manifest.read(snapshotOf({ fan: "active", gone: "refunded", inside: "redeemed" })));
}

function entered(book: Book, scan_id = "s1"): void {
  book.apply({ t: "ticket_entered", anchor: FAN, at: ENTRY.at, door: "Door B", scan_id });
}

test("whom another phone let in is in here too, with its time and door, and counted", () => {
  const book = open();

  expect(book.hear(HINT, 0)).toBe(true);

  expect(book.standing(fromHex(FAN))).toMatchObject({ status: "redeemed", entry: ENTRY });
  expect(book.headCount()).toEqual({ inside: 2, expected: 2 });
  expect(book.isHinted(fromHex(FAN))).toBe(true);
});

test("the same hint twice is one, and once the log tells of the ticket it is counted once", () => {
  const book = open();
  book.hear(HINT, 0);
  expect(book.hear(HINT, 1)).toBe(false);

  entered(book);

  expect(book.headCount().inside).toBe(2);
  expect(book.isHinted(fromHex(FAN))).toBe(false);
  expect(book.hear(HINT, 2)).toBe(false);
  book.apply({ t: "ticket_undone", anchor: FAN, status: "active" });
  expect(book.headCount().inside).toBe(1);
  expect(book.heard).toEqual([]);
});

test("what this phone let in itself and another too is one who is in", () => {
  const book = open();
  book.enter(fromHex(FAN), { at: ENTRY.at + 5, door: "Door A" });
  book.hear(HINT, 0);

  expect(book.headCount().inside).toBe(2);
  expect(book.standing(fromHex(FAN))?.entry?.door).toBe("Door A");
});

test("an entry that another phone took back may enter again, in whatever order one hears of it", () => {
  const book = open();
  book.hear(HINT, 0);
  book.hear({ ...HINT, undone: true }, 1);
  expect(book.standing(fromHex(FAN))?.status).toBe("active");

  expect(book.hear(HINT, 2)).toBe(false);
  expect(book.headCount().inside).toBe(1);
});

test("of two phones that let one ticket in, the earlier entry is shown; without it, the other", () => {
  const book = open();
  book.hear(LATER, 0);
  book.hear(HINT, 0);
  expect(book.standing(fromHex(FAN))?.entry).toEqual(ENTRY);

  book.hear({ ...HINT, undone: true }, 1);

  expect(book.standing(fromHex(FAN))?.entry).toEqual(LATER.entry);
  expect(book.headCount().inside).toBe(2);
});

test("a hint that was shown as red is no entry of this phone's own", () => {
  const book = open();
  book.hear(HINT, 0);
  book.enter(fromHex(FAN), { ...ENTRY });
  book.hear({ ...HINT, undone: true }, 1);

  expect(book.standing(fromHex(FAN))?.status).toBe("active");
});

test("the list's word is above any hint's: refunded is refunded, in is in", () => {
  const book = open();
  book.hear({ ...HINT, anchor: ticket("gone").anchor }, 0);
  book.hear({ ...HINT, anchor: ticket("inside").anchor, scan_id: "s3" }, 0);

  expect(book.standing(fromHex(ticket("gone").anchor))?.status).toBe("refunded");
  expect(book.standing(fromHex(ticket("inside").anchor))?.entry?.door).not.toBe("Door C");
  expect(book.headCount()).toEqual({ inside: 1, expected: 2 });
});

test("a new list that tells of the ticket ends the hint, one that does not leaves it", () => {
  const book = open();
  book.hear(HINT, 0);
  book.manifest = Manifest.read(snapshotOf({ fan: "active" }));
  expect(book.headCount().inside).toBe(1);

  book.manifest = Manifest.read(snapshotOf({ fan: "redeemed" }));

  expect(book.headCount().inside).toBe(1);
  expect(book.isHinted(fromHex(FAN))).toBe(false);
});

test("a phone that owes the server nothing has no more to say than the log, a moment later", () => {
  const book = open();
  book.hear(HINT, 0);
  expect(book.owesNothing("phone-b", 1_000)).toBe(false);
  expect(book.owesNothing("phone-c", 60_000)).toBe(false);

  expect(book.owesNothing("phone-b", 60_000)).toBe(true);

  expect(book.headCount().inside).toBe(1);
});

test("there is an end to how many hints a phone keeps", () => {
  const hints = new Hints(() => true);
  for (let n = 0; n < MOST_HINTS + 10; n++)
    hints.hear({ ...HINT, anchor: n.toString(16).padStart(32, "0"), scan_id: `s${n}` }, 0);

  expect(hints.count).toBe(MOST_HINTS);
});
