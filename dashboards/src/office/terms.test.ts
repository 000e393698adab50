import { expect, test } from "vitest";
import { fanPays } from "./terms.ts";

const usd = { currency: "USD", policy: { fixed: 200, basis_points: 0, minimum: 0, maximum: null } };

test("the fan's price follows what is typed", () => {
  expect(fanPays("20", usd)).toBe("The fan pays $22.00: your $20.00 + $2.00 fee.");
  expect(fanPays("$1,000.5", usd)).toBe("The fan pays $1,002.50: your $1,000.50 + $2.00 fee.");
});

test("a free ticket carries no fee", () => {
  expect(fanPays("0", usd)).toContain("Free");
});

test("what is no amount asks for one", () => {
  expect(fanPays("20,00", usd)).toContain("Write an amount");
});
