import { expect, test } from "vitest";
import type { Shown } from "../core/journal.ts";
import { typedOrder } from "../core/order_id.ts";
import { findingWords, orderWords, waitWords } from "./late_words.ts";
import { wordsFor } from "./words.ts";

const HERE = { confirmed: false, scannedAt: Date.UTC(2026, 10, 23, 5, 4, 17), zone: "America/Los_Angeles" };
const ALL: readonly Shown[] = [
  { t: "odd", form: "damaged" },
  { t: "odd", form: "printed" },
  { t: "certified", anchor: "00", sold_at: HERE.scannedAt },
  ...(["signature", "too_old", "listed", "cannot_check"] as const).map(
    (why) => ({ t: "not_certified", why }) as const,
  ),
  { t: "by_hand", order_id: "3G9230VQVSQ", people: 2, known: true },
  { t: "by_hand", order_id: "3G9230VQVSQ", people: 1, known: false },
];

test.each(ALL)("$t $form $why says what it is in at most three words, and what to do", (shown) => {
  const { word, detail, advice } = wordsFor(shown, HERE);

  expect(word.split(" ").length).toBeLessThanOrEqual(3);
  expect(detail).not.toBe("");
  expect(advice).not.toBe("");
});

test("a certificate is never green: it lets nobody in", () => {
  expect(wordsFor({ t: "certified", anchor: "00", sold_at: HERE.scannedAt }, HERE)).toMatchObject({
    tone: "check",
    detail: "A genuine sale, 21:04",
  });
});

test("people let in by hand are told with their order", () => {
  expect(wordsFor(ALL.at(-2) as Shown, HERE)).toMatchObject({
    tone: "admit",
    detail: "2 people, by Order ID 3G923-0VQVS-Q",
  });
  expect(wordsFor(ALL.at(-1) as Shown, HERE).tone).toBe("check");
});

test.each([
  ["", "In the mail, and on the ticket's page. O is 0, I and L are 1."],
  ["3G923", "6 characters missing"],
  ["3G9230VQVS", "1 character missing"],
  ["3G9230VQVSQQ", "1 character too many"],
  ["3GU", "No Order ID has the character U. Read it again."],
  ["3G9230VQVSR", "A slip: one character is wrong, or two are swapped. Read it again."],
  ["3g923-0vqvs-q", "Ready to look up"],
])("what is typed as %s is told: %s", (typed, words) => {
  expect(orderWords(typedOrder(typed))).toBe(words);
});

test("findings are told with their numbers, and with who says so", () => {
  const known = { t: "known", orderId: "3G9230VQVSQ", tickets: 4, inside: 1, confirmed: true } as const;

  expect(findingWords(known).text).toBe("1 of 4 in so far, says the server.");
  expect(findingWords({ ...known, confirmed: false }).text).toContain("by hand at this phone");
  expect(findingWords({ ...known, inside: 4 }).title).toBe("All are in");
  expect(findingWords({ ...known, tickets: 0, inside: 0 }).title).toBe("No ticket left");
});

test("too many tries say how long to wait", () => {
  expect(waitWords(50_000)).toBe("Too many tries. Wait 50 seconds, or fetch a supervisor.");
});
