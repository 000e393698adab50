import { expect, test } from "vitest";
import manifests from "../../../tests/vectors/manifest.json";
import vectors from "../../../tests/vectors/order_id.json";
import { display, hashOf, typedOrder } from "./order_id.ts";

test.each(vectors.parse)("$typed is read as the server reads it", ({ typed, order_id }) => {
  const read = typedOrder(typed);

  expect(read.t === "order" ? read.id : null).toBe(order_id);
});

test.each(vectors.write)("$order_id is shown as $display", (vector) => {
  expect(display(vector.order_id)).toBe(vector.display);
  expect(typedOrder(vector.display)).toEqual({ t: "order", id: vector.order_id });
});

test.each(manifests.orders)("order $order_id has the server's hash", ({ order_id, hash }) => {
  expect(hashOf(manifests.snapshot.event.id, order_id)).toBe(hash);
});

test("what is only begun, too long, misspelt or mistyped is told apart", () => {
  expect(typedOrder("3G923")).toEqual({ t: "missing", count: 6 });
  expect(typedOrder("3G9230VQVSQ0")).toEqual({ t: "missing", count: -1 });
  expect(typedOrder("3GU")).toEqual({ t: "foreign", character: "U" });
  expect(typedOrder("3G9230VQVSR")).toEqual({ t: "slip" });
  expect(typedOrder("G39230VQVSQ")).toEqual({ t: "slip" });
});

test("what is begun is shown in the same groups", () => {
  expect(display("3G923")).toBe("3G923");
  expect(display("3G9230")).toBe("3G923-0");
});
