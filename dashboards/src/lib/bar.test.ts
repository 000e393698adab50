import { expect, test } from "vitest";
import { percentSold } from "./bar.ts";

test.each([
  [0, 100, 0],
  [1, 500, 1],
  [63, 100, 63],
  [999, 1000, 99],
  [100, 100, 100],
  [0, 0, 0],
])("%d of %d is %d percent: 100 is kept for sold out", (sold, allocation, percent) => {
  expect(percentSold(sold, allocation)).toBe(percent);
});
