import { describe, expect, test } from "vitest";
import frames from "../../tests/vectors/sales_frames.json";
import type { SalesSnapshot } from "./protocol.gen.ts";
import { applySalesFact, FEED_LENGTH, type SalesFact } from "./reducers.ts";

interface Vector {
  readonly name: string;
  readonly snapshot: SalesSnapshot;
  readonly facts: readonly { readonly seq: number; readonly fact: SalesFact }[];
  readonly expected: SalesSnapshot;
}

const vectors = frames as unknown as Vector[]; // JSON's strings are wider than the protocol's tags

const empty: SalesSnapshot = {
  t: "sales_snapshot",
  status: "on_sale",
  currency: "USD",
  types: [{ id: "ga", name: "General", price: 2000, allocation: 100, held: 2, sold: 0 }],
  base: 0,
  fee: 0,
  total: 0,
  refunded: { base: 0, fee: 0, total: 0 },
  disputed: 0,
  entered: 0,
  sold_out_at: null,
  sales: [],
  entries: [],
  double_scans: [],
  doubts: [],
  refunds: [],
  disputes: [],
};
const sale: SalesFact = {
  t: "sale_made",
  order_id: "ABC",
  lines: [{ ticket_type: "ga", quantity: 2 }],
  quantity: 2,
  base: 4000,
  fee: 400,
  total: 4400,
  currency: "USD",
  at: 1,
  from_hold: true,
};

describe("an old snapshot and the frames after it are the new snapshot", () => {
  test.each(vectors)("$name", ({ snapshot, facts, expected }) => {
    const after = facts.reduce((sofar, { seq, fact }) => applySalesFact(sofar, seq, fact), snapshot);

    expect(after).toEqual(expected);
  });
});

test("a sale from a hold moves its seats from held to sold", () => {
  const [general] = applySalesFact(empty, 1, sale).types;

  expect(general).toMatchObject({ held: 0, sold: 2 });
});

test("a late payment that took free seats leaves other fans' holds alone", () => {
  const [general] = applySalesFact(empty, 1, { ...sale, from_hold: false }).types;

  expect(general).toMatchObject({ held: 2, sold: 2 });
});

test("the snapshot before is never changed", () => {
  const before = structuredClone(empty);

  applySalesFact(empty, 1, sale);

  expect(empty).toEqual(before);
});

test("a feed keeps its newest lines only, newest first", () => {
  let snapshot = empty;
  for (let seq = 1; seq <= FEED_LENGTH + 5; seq += 1) snapshot = applySalesFact(snapshot, seq, sale);

  expect(snapshot.sales).toHaveLength(FEED_LENGTH);
  expect(snapshot.sales[0]?.seq).toBe(FEED_LENGTH + 5);
  expect(snapshot.total).toBe(4400 * (FEED_LENGTH + 5));
});
