import { expect, test } from "vitest";
import { linesInWords, missedInWords, totalsOf } from "./totals.ts";

const types = [
  { id: "ga", name: "General admission", price: 2000, allocation: 100, held: 3, sold: 40 },
  { id: "bal", name: "Balcony", price: 3500, allocation: 20, held: 0, sold: 20 },
];

test("what is left is the allocation less what is sold or being paid for", () => {
  expect(totalsOf({ types })).toEqual({ allocation: 120, sold: 60, held: 3, left: 57 });
});

test("a sale's lines are told by the names of their types, and an unknown type by its id", () => {
  const lines = [
    { ticket_type: "ga", quantity: 2 },
    { ticket_type: "new", quantity: 1 },
  ];

  expect(linesInWords(lines, types)).toBe("2 × General admission, 1 × new");
});

test("after a drop the page says what was missed", () => {
  expect(missedInWords(0)).toBe("Back. Nothing happened meanwhile.");
  expect(missedInWords(1)).toContain("1 entry");
  expect(missedInWords(7)).toContain("7 entries");
});
