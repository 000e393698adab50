import encodeQR from "qr";
import { expect, test } from "vitest";
import { decode, type Picture } from "./decode.ts";

const CODE = "100009316447680474025411543845251452478059195";

/** A black-on-white QR code, `scale` pixels a module, in the middle of a grey square picture. */
function pictureOf(text: string, scale: number, side = 640): Picture {
  const modules = encodeQR(text, "raw", { ecc: "quartile", border: 4 });
  const data = new Uint8ClampedArray(4 * side * side).fill(128);
  const from = Math.floor((side - modules.length * scale) / 2);
  modules.forEach((row, y) => {
    row.forEach((dark, x) => {
      paint(data, side, from + x * scale, from + y * scale, scale, dark ? 10 : 245);
    });
  });
  return { width: side, height: side, data };
}

function paint(
  data: Uint8ClampedArray,
  side: number,
  x: number,
  y: number,
  size: number,
  value: number,
): void {
  for (let dy = 0; dy < size; dy++)
    data.fill(value, 4 * ((y + dy) * side + x), 4 * ((y + dy) * side + x + size));
}

test.each([3, 8, 15])("a live code %i pixels a module is read", (scale) => {
  expect(decode(pictureOf(CODE, scale))).toBe(CODE);
});

test("a live code is a symbol of 25 by 25 modules", () => {
  expect(encodeQR(CODE, "raw", { ecc: "quartile", border: 4 })).toHaveLength(25 + 2 * 4);
});

test("a picture without a code is nothing", () => {
  expect(decode({ width: 64, height: 64, data: new Uint8ClampedArray(4 * 64 * 64) })).toBeNull();
  expect(decode({ width: 0, height: 0, data: new Uint8ClampedArray() })).toBeNull();
});
