import { expect, test } from "vitest";
import { headline } from "./progress.ts";

test.each([
  [0, 0, 0, "Nobody had bought"],
  [12, 0, 0, "Money is going back"],
  [12, 10, 1, "Money is going back"],
  [12, 11, 1, "The rest needs you"],
  [12, 12, 0, "Everybody"],
])("of %d orders with %d refunded and %d stuck it says: %s", (orders, refunded, needs_person, words) => {
  expect(headline({ orders, refunded, needs_person })).toContain(words);
});
