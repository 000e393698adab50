import { expect, test } from "vitest";
import { Allowance, BY_HAND } from "./allowance.ts";

test("ten in a minute, then a wait until the first of them is a minute old", () => {
  const allowance = new Allowance(BY_HAND);
  for (let i = 0; i < 10; i++) expect(allowance.take(i * 1000)).toBe(0);

  expect(allowance.take(10_000)).toBe(50_000);
  expect(allowance.take(59_999)).toBe(1);
  expect(allowance.take(60_000)).toBe(0);
});

test("thirty in an hour, whatever the minutes say", () => {
  const allowance = new Allowance(BY_HAND);
  for (let i = 0; i < 30; i++) expect(allowance.take(i * 60_000)).toBe(0);

  expect(allowance.take(30 * 60_000)).toBe(30 * 60_000);
  expect(allowance.take(60 * 60_000)).toBe(0);
});

test("what an earlier life of the phone did counts", () => {
  const allowance = new Allowance(
    BY_HAND,
    Array.from({ length: 10 }, (_, i) => -i * 1000),
  );

  expect(allowance.take(0)).toBe(51_000);
});
