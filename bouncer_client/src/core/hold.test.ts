import { expect, test } from "vitest";
import { Holds } from "./hold.ts";
import type { Reading } from "./reading.ts";

const FRAME_MS = 80;

function reading(key: string, text = key): Reading {
  return { text, key, code: null, anchor: null };
}

/** The camera looks at a picture twelve times a second, and finds what `show` says; whether all of it was held. */
function film(
  holds: Holds,
  { from, to, show, onScreen = false }: { from: number; to: number; show: Show; onScreen?: boolean },
): boolean {
  let isHeld = true;
  for (let now = from; now < to; now += FRAME_MS) {
    const found = show?.(now) ?? null;
    holds.look(now);
    if (found !== null) isHeld = holds.covers(found, onScreen, now) && isHeld;
  }
  return isHeld;
}

type Show = ((now: number) => Reading) | null;
const A: Show = () => reading("A");
const NOTHING: Show = null;

test("a ticket let in and held still is never read again, however often its text changes", () => {
  const holds = new Holds();
  holds.settle(reading("A", "step 1"), "admitted", 0);

  const show = (now: number) => reading("A", `step ${Math.floor(now / 15_000)}`);
  expect(film(holds, { from: FRAME_MS, to: 120_000, show })).toBe(true);
});

test("a refused ticket that stays where it is never asks again either", () => {
  const holds = new Holds();
  holds.settle(reading("A"), "already_in", 0);

  expect(film(holds, { from: FRAME_MS, to: 20_000, show: A, onScreen: true })).toBe(true);
  expect(film(holds, { from: 20_000, to: 60_000, show: A })).toBe(true);
});

test("a ticket that was away for a second and a half, five seconds after its answer, is read again", () => {
  const holds = new Holds();
  holds.settle(reading("A"), "admitted", 0);
  film(holds, { from: FRAME_MS, to: 4_000, show: A });

  film(holds, { from: 4_000, to: 5_600, show: NOTHING });
  holds.look(5_600);

  expect(holds.covers(reading("A"), false, 5_600)).toBe(false);
});

test("pictures in which it could not be read for a second do not make it another attempt", () => {
  const holds = new Holds();
  holds.settle(reading("A"), "admitted", 0);

  for (let start = 0; start < 60_000; start += 2_000) {
    film(holds, { from: start, to: start + 1_000, show: NOTHING });
    expect(film(holds, { from: start + 1_000, to: start + 2_000, show: A })).toBe(true);
  }
});

test("for five seconds it is left alone, even when it goes and comes back", () => {
  const holds = new Holds();
  holds.settle(reading("A"), "admitted", 0);
  film(holds, { from: FRAME_MS, to: 2_500, show: NOTHING });

  expect(film(holds, { from: 2_500, to: 30_000, show: A })).toBe(true);
});

test("time in which nobody looked is no sign that it left: a menu, a page in the background, a busy phone", () => {
  const holds = new Holds();
  holds.settle(reading("A"), "admitted", 0);
  film(holds, { from: FRAME_MS, to: 2_000, show: A });

  expect(film(holds, { from: 10_000, to: 20_000, show: A })).toBe(true);
  expect(film(holds, { from: 600_000, to: 610_000, show: A })).toBe(true);
});

test("an old code that becomes another code is looked at at once", () => {
  const holds = new Holds();
  holds.settle(reading("A", "old"), "stale", 0);

  holds.look(80);
  expect(holds.covers(reading("A", "old"), true, 80)).toBe(true);
  holds.look(160);
  expect(holds.covers(reading("A", "fresh"), true, 160)).toBe(false);
});

test("two tickets in one picture do not wake each other", () => {
  const holds = new Holds();
  holds.settle(reading("A"), "admitted", 0);
  holds.settle(reading("B"), "admitted", 1_000);

  const show = (now: number) => reading(Math.floor(now / FRAME_MS) % 2 === 0 ? "A" : "B");
  expect(film(holds, { from: 1_040, to: 60_000, show })).toBe(true);
});

test("a ticket never seen before is not held", () => {
  const holds = new Holds();
  holds.look(0);

  expect(holds.covers(reading("A"), false, 0)).toBe(false);
});

test("whether an answered ticket is still there can be told", () => {
  const holds = new Holds();
  expect(holds.isInView).toBe(false);
  holds.settle(reading("A"), "admitted", 0);
  film(holds, { from: FRAME_MS, to: 1_000, show: A });
  expect(holds.isInView).toBe(true);

  film(holds, { from: 1_000, to: 2_000, show: NOTHING });

  expect(holds.isInView).toBe(false);
});
