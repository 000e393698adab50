import { expect, test } from "vitest";
import { Wedge } from "./wedge.ts";

function press(wedge: Wedge, keys: readonly string[], every = 5, from = 10_000): (string | null)[] {
  return keys.map((key, i) => wedge.press(key, from + i * every));
}

test("a hardware scanner's keys and its Enter make a text", () => {
  const told = press(new Wedge(), [..."100009316", "Enter"]);

  expect(told.at(-1)).toBe("100009316");
  expect(told.slice(0, -1).every((text) => text === null)).toBe(true);
});

test("a stray key long before does not spoil the code", () => {
  const wedge = new Wedge();
  wedge.press("x", 0);

  expect(press(wedge, [..."123456", "Enter"]).at(-1)).toBe("123456");
});

test("Enter alone, or after a few keys, is a key press and no scan", () => {
  expect(press(new Wedge(), ["Enter", "1", "2", "Enter"])).toEqual([null, null, null, null]);
});

test("keys that write nothing are not part of the code", () => {
  expect(press(new Wedge(), ["Shift", ..."12345", "ArrowLeft", "6", "Enter"]).at(-1)).toBe("123456");
});

test("tells whether a code is being typed", () => {
  const wedge = new Wedge();
  wedge.press("1", 0);
  expect(wedge.isTyping).toBe(true);

  wedge.press("Enter", 5);
  expect(wedge.isTyping).toBe(false);
});
