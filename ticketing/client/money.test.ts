import { expect, test } from "vitest";
import fees from "../../tests/vectors/fees.json";
import vectors from "../../tests/vectors/money.json";
import { display, feeOf, typed } from "./money.ts";

test.each(vectors)("$amount $currency is written $text", ({ amount, currency, text }) => {
  expect(display(amount, currency)).toBe(text);
});

test("a currency that we do not sell in is refused, never guessed", () => {
  expect(() => display(100, "XYZ")).toThrow(RangeError);
});

test("half a cent is refused", () => {
  expect(() => display(0.5, "USD")).toThrow(RangeError);
});

test.each(fees.fees)("the fee on $price is $fee", ({ policy, price, fee }) => {
  expect(feeOf(policy, price)).toBe(fee);
});

test.each(fees.typed)("$text in $currency is $amount", ({ text, currency, amount }) => {
  expect(typed(text, currency)).toBe(amount);
});
