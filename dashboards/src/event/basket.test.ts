import { expect, test } from "vitest";
import { basketOf, limitInWords, most, type Offer, offersNow, quantityFrom } from "./basket.ts";

const general: Offer = { id: "a", base: 2000, fee: 200, left: 40, sold_out: false, limit: 8 };
const balcony: Offer = { id: "b", base: 3500, fee: 250, left: 2, sold_out: false, limit: 8 };

test("the total is the prices and a fee for every ticket", () => {
  const basket = basketOf(
    [general, balcony],
    new Map([
      ["a", 2],
      ["b", 1],
    ]),
  );

  expect(basket).toEqual({ quantity: 3, base: 7500, fee: 650, total: 8150 });
});

test("an empty basket costs nothing", () => {
  expect(basketOf([general], new Map()).total).toBe(0);
});

test("nobody can choose more than what is left, or than the limit per order", () => {
  expect(most(general)).toBe(8);
  expect(most(balcony)).toBe(2);
  expect(most({ ...balcony, left: 0 })).toBe(0);
});

test("a kind sells out, and comes back when its seats are released, as the show's state says", () => {
  const sold = offersNow([general, balcony], [{ id: "b", left: 0, sold_out: true }]);
  const back = offersNow(sold, [{ id: "b", left: 1, sold_out: false }]);

  expect(sold).toEqual([general, { ...balcony, left: 0, sold_out: true }]);
  expect(back).toEqual([general, { ...balcony, left: 1, sold_out: false }]);
});

test("a kind whose last seats are being paid for is not sold out", () => {
  const held = offersNow([{ ...balcony, left: 0, sold_out: true }], [{ id: "b", left: 0, sold_out: false }]);

  expect(held[0]?.sold_out).toBe(false);
});

test.each([
  ["3", 3],
  ["99", 8],
  ["-1", 0],
  ["", 0],
  ["2.9", 2],
  ["two", 0],
])("typed %j is %d tickets", (typed, quantity) => {
  expect(quantityFrom(typed, general)).toBe(quantity);
});

test("who asks for too many is told why there are fewer", () => {
  expect(limitInWords("9", general)).toBe("One order can have up to 8 of these.");
  expect(limitInWords("3", balcony)).toBe("Only 2 of these are left.");
  expect(limitInWords("3", { ...balcony, left: 1 })).toBe("Only 1 of these is left.");
  expect(limitInWords("1", { ...balcony, left: 0 })).toBe("None of these are left right now.");
});

test.each(["8", "0", "", "-1", "two"])("nothing is told to who typed %j", (typed) => {
  expect(limitInWords(typed, general)).toBeNull();
});
