import { expect, test } from "vitest";
import { delayBefore } from "./backoff.ts";

test("the first retry comes within half a second", () => {
  expect(delayBefore(0, () => 0)).toBe(0);
  expect(delayBefore(0, () => 0.999)).toBeLessThan(500);
});

test("each failure doubles the longest wait, up to ten seconds", () => {
  const longest = [0, 1, 2, 3, 4, 5, 50].map((failures) => delayBefore(failures, () => 1));

  expect(longest).toEqual([500, 1000, 2000, 4000, 8000, 10_000, 10_000]);
});
