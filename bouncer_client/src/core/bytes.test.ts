import { expect, test } from "vitest";
import { compareAt, fromBase64, toBase64 } from "./bytes.ts";

test("every byte survives the way there and back", () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => i % 251);

  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
  expect(toBase64(new Uint8Array())).toBe("");
});

test("what is not base64 is refused", () => {
  expect(() => fromBase64("a*b=")).toThrow(RangeError);
});

test("bytes are compared like numbers, the first difference deciding", () => {
  const a = Uint8Array.of(9, 1, 2, 200);
  const b = Uint8Array.of(1, 2, 100);

  expect(compareAt(a, 1, b, 0, 2)).toBe(0);
  expect(compareAt(a, 1, b, 0, 3)).toBeGreaterThan(0);
});
