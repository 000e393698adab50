import { expect, test } from "vitest";
import vectors from "../../tests/vectors/money.json";
import { display } from "./money.ts";

test.each(vectors)("$amount $currency is written $text", ({ amount, currency, text }) => {
  expect(display(amount, currency)).toBe(text);
});

test("a currency that we do not sell in is refused, never guessed", () => {
  expect(() => display(100, "XYZ")).toThrow(RangeError);
});

test("half a cent is refused", () => {
  expect(() => display(0.5, "USD")).toThrow(RangeError);
});
