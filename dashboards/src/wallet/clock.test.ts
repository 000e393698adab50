import { beforeEach, describe, expect, test } from "vitest";
import type { Timers } from "../../../realtime/client/browser.ts";
import { offsetInWords, SyncedClock } from "./clock.ts";

let wall = 1_000_000;
let monotonic = 0;
let kept = new Map<string, string>();
let asked = 0;

const never = () => () => undefined;
const timers: Timers = { now: () => ({ wall, monotonic }), after: never, every: never, onWake: never };
const storage = {
  getItem: (key: string) => kept.get(key) ?? null,
  setItem: (key: string, value: string) => void kept.set(key, value),
};

/** A server whose clock is so many milliseconds ahead, 100 ms away in all. */
function server(ahead: number) {
  return () => {
    asked += 1;
    pass(50);
    const time = wall + ahead;
    pass(50);
    return Promise.resolve(time);
  };
}

function refused(): Promise<number> {
  asked += 1;
  return Promise.reject(new Error("no network"));
}

function pass(ms: number): void {
  wall += ms;
  monotonic += ms;
}

beforeEach(() => {
  [wall, monotonic, asked, kept] = [1_000_000, 0, 0, new Map()];
});

describe("the wallet's clock", () => {
  test("runs with the server's, whatever the phone says", async () => {
    const clock = new SyncedClock(server(7_000), storage, timers);

    await clock.keepInStep();

    expect(clock.now()).toBe(wall + 7_000);
  });

  test("asks once a minute, not at every tick", async () => {
    const clock = new SyncedClock(server(0), storage, timers);
    for (let i = 0; i < 10; i += 1) await clock.keepInStep();
    expect(asked).toBe(1);

    pass(60_000);
    await clock.keepInStep();
    expect(asked).toBe(2);
  });

  test("asks at once when somebody sets the phone's clock", async () => {
    const clock = new SyncedClock(server(0), storage, timers);
    await clock.keepInStep();

    wall += 90_000;
    await clock.keepInStep();

    expect(asked).toBe(2);
  });

  test("without an answer asks again after a while, not at every tick", async () => {
    const clock = new SyncedClock(refused, storage, timers);
    for (let i = 0; i < 10; i += 1) await clock.keepInStep();
    expect(asked).toBe(1);

    pass(5_000);
    await clock.keepInStep();
    expect(asked).toBe(2);
  });

  test("starts without a network from what it knew last", async () => {
    await new SyncedClock(server(7_000), storage, timers).keepInStep();

    const later = new SyncedClock(refused, storage, timers);
    await later.keepInStep();

    expect(later.offset).toBe(7_000);
  });
});

test("a clock that is off is named, a second is not worth a word", () => {
  expect(offsetInWords(900)).toBeNull();
  expect(offsetInWords(-4_200)).toContain("4 s fast");
  expect(offsetInWords(61_000)).toContain("61 s slow");
});
