import { expect, test } from "vitest";
import type { FeedDispute, FeedRefund, FeedSale } from "../../../realtime/client/protocol.gen.ts";
import { disputesOf, linesInWords, missedInWords, netOf, standingOf, tillOf, totalsOf } from "./totals.ts";

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

const money = { order_id: "7Q4M2XK9TD3", base: 2000, fee: 200, total: 2200, currency: "USD", at: 0 };
const sale = (seq: number): FeedSale => ({ seq, ...money, quantity: 1, lines: [] });
const refund = (seq: number): FeedRefund => ({ seq, ...money, failed: false });
const dispute = (seq: number, id: string, phase: FeedDispute["phase"]): FeedDispute => {
  const { order_id, currency, at } = money;
  return { seq, dispute: id, order_id, phase, amount: 2200, currency, at };
};

test("refunds stand among the sales, newest first", () => {
  const till = tillOf({ sales: [sale(7), sale(2)], refunds: [refund(9), refund(5)] });

  expect(till.map((line) => line.seq)).toEqual([9, 7, 5, 2]);
});

test("a dispute is one line, as it stands, and those that wait come first", () => {
  const disputes = [dispute(9, "a", "won"), dispute(8, "b", "open"), dispute(3, "a", "open")];

  expect(disputesOf({ disputes }).map((line) => [line.dispute, line.phase])).toEqual([
    ["b", "open"],
    ["a", "won"],
  ]);
});

const sold = { base: 8000, fee: 800, total: 8800, refunded: { base: 2000, fee: 0, total: 2000 } };

test("what is the venue's is what was sold less what went back", () => {
  expect(netOf({ ...sold, disputed: 0 })).toEqual({ base: 6000, fee: 800, total: 6800 });
});

test("what a dispute holds is not the venue's, and is again once it is won", () => {
  expect([1500, 0].map((disputed) => netOf({ ...sold, disputed }).base)).toEqual([4500, 6000]);
});

test("sold out is said only while every ticket is gone and the show is on sale", () => {
  const full = [{ id: "ga", name: "GA", price: 2000, allocation: 2, held: 0, sold: 2 }];
  const one_back = [{ id: "ga", name: "GA", price: 2000, allocation: 2, held: 0, sold: 1 }];

  expect(standingOf({ status: "on_sale", types: full })).toBe("sold_out");
  expect(standingOf({ status: "on_sale", types: one_back })).toBe("on_sale");
  expect(standingOf({ status: "cancelled", types: full })).toBe("cancelled");
});
