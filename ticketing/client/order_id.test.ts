import { expect, test } from "vitest";
import vectors from "../../tests/vectors/order_id.json";
import { display, parse } from "./order_id.ts";

test.each(vectors.parse)("typing $typed is read as $order_id", ({ typed, order_id }) => {
  expect(parse(typed)).toBe(order_id);
});

test.each(vectors.write)("$order_id is shown as $display, and read again", (vector) => {
  expect(display(vector.order_id)).toBe(vector.display);
  expect(parse(vector.display)).toBe(vector.order_id);
});
