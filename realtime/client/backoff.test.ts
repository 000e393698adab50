import { describe, expect, test } from "vitest";
import { type Loss, pauseAfter, within } from "./backoff.ts";

const ALONE: Loss = { failures: 0, crowdMs: 0, askedMs: null };

describe("alone", () => {
  test("the first try comes within half a second", () => {
    expect(pauseAfter(ALONE)).toEqual({ least: 0, most: 500 });
  });

  test("each failure doubles the longest wait, up to ten seconds", () => {
    const longest = [0, 1, 2, 3, 4, 5, 50].map((failures) => pauseAfter({ ...ALONE, failures }).most);

    expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
  });
});

test("a pause is any moment of its span, by chance alone", () => {
  expect([0, 0.5, 1].map((chance) => within({ least: 0, most: 500 }, chance))).toEqual([0, 250, 500]);
});

test("a server that says when to come back is taken at its word, however often we failed", () => {
  const asked = pauseAfter({ failures: 9, crowdMs: 3_000, askedMs: 7_000 });

  expect(asked).toEqual({ least: 7_000, most: 7_000 });
});

test.each([
  [-5, 0],
  [10 ** 12, 600_000],
])("a pause of %i ms is none that a server asks for", (askedMs, most) => {
  expect(pauseAfter({ ...ALONE, askedMs }).most).toBe(most);
});
