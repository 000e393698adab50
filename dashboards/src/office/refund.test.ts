import { expect, test } from "vitest";
import { chosenInWords } from "./refund.ts";

test("what is chosen is said with its sum", () => {
  expect(chosenInWords([2200], "USD")).toBe("1 ticket, $22.00 back to the fan.");
  expect(chosenInWords([2200, 3700], "USD")).toBe("2 tickets, $59.00 back to the fan.");
  expect(chosenInWords([500], "JPY")).toBe("1 ticket, ¥500 back to the fan.");
});

test("nothing chosen says nothing", () => {
  expect(chosenInWords([], "USD")).toBe("");
});
