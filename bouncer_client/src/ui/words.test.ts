import { describe, expect, test } from "vitest";
import type { Shown } from "../core/journal.ts";
import { alertWords, counted, proofWords, wordsFor } from "./words.ts";

const ZONE = "America/Los_Angeles";
const ENTRY = { at: Date.UTC(2026, 10, 23, 5, 4, 17), door: "Door B" };
const HERE = { confirmed: true, scannedAt: ENTRY.at + 38 * 60_000, zone: ZONE };

const ALL: readonly Shown[] = [
  { t: "admitted", ticket_type: "General admission", entry: ENTRY },
  { t: "already_in", ticket_type: "General admission", entry: ENTRY },
  { t: "stale", age_s: 360 },
  { t: "stale", age_s: -60 },
  { t: "stale", age_s: 0 },
  { t: "unlisted" },
  { t: "interrupted" },
  { t: "refused", reason: "refunded" },
  { t: "refused", reason: "void" },
  { t: "refused", reason: "unknown" },
  { t: "refused", reason: "not_a_ticket" },
];

test("a ticket that is in shows the exact time and place of its first entry", () => {
  expect(wordsFor({ t: "already_in", ticket_type: "GA", entry: ENTRY }, HERE)).toMatchObject({
    tone: "deny",
    word: "Already in",
    figure: "21:04:17",
    detail: "Door B\u00a0· 38\u00a0minutes\u00a0ago",
  });
});

test("a scan that was cut off says when, and that nobody knows what was shown", () => {
  const words = wordsFor({ t: "interrupted" }, { ...HERE, confirmed: false, scannedAt: ENTRY.at });

  expect(words).toMatchObject({ tone: "check", figure: "21:04:17" });
  expect(words.advice).toContain("Nobody knows");
});

test("an undo that the server refuses says why, and that the guest counts as in", () => {
  const { title, text } = alertWords(
    { kind: "not_undone", key: "k", entry: ENTRY, reason: "too_late" },
    ZONE,
  );

  expect(title).toBe("Not taken back");
  expect(text).toMatch(/5 minutes.*counts as in/);
});

test("an entry of the same second, or without a door's name, still reads well", () => {
  const entry = { at: HERE.scannedAt, door: "" };

  expect(wordsFor({ t: "already_in", ticket_type: "GA", entry }, HERE).detail).toBe(
    "Another door\u00a0· just\u00a0now",
  );
});

test("an old code says how old, a code from a clock ahead how far", () => {
  expect(wordsFor({ t: "stale", age_s: 360 }, HERE)).toMatchObject({
    word: "Old code",
    detail: "6 minutes old",
  });
  expect(wordsFor({ t: "stale", age_s: -60 }, HERE)).toMatchObject({ detail: "1 minute ahead" });
});

test("an offline welcome says that the phone alone has decided", () => {
  const shown: Shown = { t: "admitted", ticket_type: "GA", entry: ENTRY };

  expect(wordsFor(shown, { ...HERE, confirmed: false }).advice).toContain("this phone alone");
  expect(wordsFor(shown, HERE).advice).toBe("");
});

describe.each(ALL)("the verdict $t", (shown) => {
  test("has at most three words, and never its colour alone", () => {
    const { word, detail } = wordsFor(shown, HERE);

    expect(word.split(" ").length).toBeLessThanOrEqual(3);
    expect(detail).not.toBe("");
  });
});

test("each verdict has a word of its own", () => {
  const words = ALL.map((shown) => wordsFor(shown, HERE).word);

  expect(new Set(words).size).toBe(words.length);
});

test("only a welcome is ever confirmed", () => {
  expect(proofWords("admit", true)).toBe("Confirmed");
  expect([proofWords("deny", true), proofWords("check", true)]).not.toContain("Confirmed");
  expect(proofWords("admit", false)).toBe("Offline");
});

test("one is not many", () => {
  expect([0, 1, 2].map((n) => counted(n, "scan"))).toEqual(["0 scans", "1 scan", "2 scans"]);
});

test("alerts name both doors and both times", () => {
  const second = { at: ENTRY.at + 60_000, door: "Door A" };
  const twice = alertWords({ kind: "let_in_twice", key: "k", first: ENTRY, second }, ZONE);

  const swapped = alertWords({ kind: "let_in_twice", key: "k", first: second, second: ENTRY }, ZONE);

  expect(twice.text).toBe("First 21:04:17 at Door B, then 21:05:17 at Door A.");
  expect(swapped.text).toBe(twice.text);
  expect(
    alertWords({ kind: "wrongly_let_in", key: "k", entry: ENTRY, reason: "refunded" }, ZONE).text,
  ).toContain("refunded");
  expect(alertWords({ kind: "good_after_all", key: "k", entry: ENTRY }, ZONE).text).toContain("21:04:17");
});
