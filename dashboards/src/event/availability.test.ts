import { expect, test } from "vitest";
import { availabilityOf, leftInWords } from "./availability.ts";

test("a show on sale sells while something is left", () => {
  expect(availabilityOf({ status: "on_sale", left: 3, sold_out: false })).toBe("on_sale");
});

test("when every seat is in somebody's checkout the show is not called sold out: some may come back", () => {
  expect(availabilityOf({ status: "on_sale", left: 0, sold_out: false })).toBe("all_held");
});

test("sold out is what the log says, not what is left", () => {
  expect(availabilityOf({ status: "on_sale", left: 0, sold_out: true })).toBe("sold_out");
});

test("a show that is over does not sell, even when nobody has ended it", () => {
  expect(availabilityOf({ status: "on_sale", left: 3, sold_out: false }, true)).toBe("ended");
});

test("a paused show does not sell, whatever is left", () => {
  expect(availabilityOf({ status: "paused", left: 40, sold_out: false })).toBe("paused");
});

test("tickets are counted in words", () => {
  expect([1, 12].map((left) => leftInWords(left, false))).toEqual(["1 ticket left", "12 tickets left"]);
});

test("none left is called sold out only when every one of them is sold", () => {
  expect(leftInWords(0, false)).toBe("None left right now");
  expect(leftInWords(0, true)).toBe("Sold out");
});
