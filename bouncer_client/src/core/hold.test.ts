import { expect, test } from "vitest";
import { Holds } from "./hold.ts";
import type { Reading } from "./reading.ts";

function reading(key: string, text = key): Reading {
  return { text, key, code: null, anchor: null };
}

test("a ticket let in and held still is never read again, however often its text changes", () => {
  const holds = new Holds();
  holds.settle(reading("A", "step 1"), "admitted", 0);

  for (let now = 80; now < 60_000; now += 80)
    expect(holds.covers(reading("A", `step ${Math.floor(now / 15_000)}`), false, now)).toBe(true);
});

test("a ticket that was away for a second and a half is read again", () => {
  const holds = new Holds();
  holds.settle(reading("A"), "admitted", 0);

  expect(holds.covers(reading("A"), false, 1_400)).toBe(true);
  expect(holds.covers(reading("A"), false, 2_900)).toBe(false);
});

test("a refused ticket is read again after five seconds, but not while its answer is on the screen", () => {
  const holds = new Holds();
  holds.settle(reading("A"), "already_in", 0);

  for (let now = 80; now < 20_000; now += 80) expect(holds.covers(reading("A"), true, now)).toBe(true);
  expect(holds.covers(reading("A"), false, 20_080)).toBe(false);
});

test("after a dismissed refusal there are five quiet seconds", () => {
  const holds = new Holds();
  holds.settle(reading("A"), "already_in", 0);

  for (let now = 80; now < 5_000; now += 80) expect(holds.covers(reading("A"), false, now)).toBe(true);
  expect(holds.covers(reading("A"), false, 5_040)).toBe(false);
});

test("an old code that becomes another code is looked at at once", () => {
  const holds = new Holds();
  holds.settle(reading("A", "old"), "stale", 0);

  expect(holds.covers(reading("A", "old"), true, 80)).toBe(true);
  expect(holds.covers(reading("A", "fresh"), true, 160)).toBe(false);
});

test("two tickets in one picture do not wake each other", () => {
  const holds = new Holds();
  holds.settle(reading("A"), "admitted", 0);
  holds.settle(reading("B"), "admitted", 1_000);

  for (let now = 1_080; now < 10_000; now += 160) {
    expect(holds.covers(reading("A"), false, now)).toBe(true);
    expect(holds.covers(reading("B"), false, now + 80)).toBe(true);
  }
});

test("a ticket never seen before is not held", () => {
  expect(new Holds().covers(reading("A"), false, 0)).toBe(false);
});
