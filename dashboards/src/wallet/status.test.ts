import { expect, test } from "vitest";
import { statusInWords } from "./status.ts";

test("a ticket is called ready only while there is a code to show", () => {
  expect(statusInWords("active", "before")).toBe("Your code appears on the night");
  expect(statusInWords("active", "live")).toBe("Ready for the door");
  expect(statusInWords("active", "after")).toBe("Not used");
});

test("what has been done with a ticket counts at any time", () => {
  expect(statusInWords("redeemed", "live")).toBe("Used");
  expect(statusInWords("refunded", "before")).toBe("Refunded");
  expect(statusInWords("void", "after")).toBe("Not valid any more");
});
