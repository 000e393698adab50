import decodeQR from "qr/decode.js";
import { expect, test } from "vitest";
import { type QrSymbol, symbolOf } from "./symbol.ts";

const CODE = "100720119345875002109945495102265903813782211";

test("a live code is 25 modules wide with a quiet zone of 4 on every side", () => {
  expect(symbolOf(CODE).size).toBe(25 + 2 * 4);
});

test("the drawn path reads as the same digits", () => {
  expect(decodeQR(pixels(symbolOf(CODE), 6))).toBe(CODE);
});

test("a late-sale certificate is 41 modules wide at level M, and reads as the same digits", () => {
  const certificate = `20${"0123456789".repeat(21).slice(0, 203)}`;
  const symbol = symbolOf(certificate, "medium");

  expect(symbol.size).toBe(41 + 2 * 4);
  expect(decodeQR(pixels(symbol, 4))).toBe(certificate);
});

/** What a camera would see of the path, at so many pixels a module. */
function pixels({ size, path }: QrSymbol, scale: number) {
  const side = size * scale;
  const data = new Uint8ClampedArray(side * side * 4).fill(255);
  for (const [, x, y, width] of path.matchAll(/M(\d+) (\d+)h(\d+)v1h-\d+z/g))
    for (let dy = 0; dy < scale; dy += 1) {
      const start = (Number(y) * scale + dy) * side + Number(x) * scale;
      blacken(data.subarray(4 * start, 4 * (start + Number(width) * scale)));
    }
  return { width: side, height: side, data };
}

function blacken(pixels: Uint8ClampedArray): void {
  for (let i = 0; i < pixels.length; i += 1) if (i % 4 !== 3) pixels[i] = 0;
}
