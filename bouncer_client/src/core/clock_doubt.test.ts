import { expect, test } from "vitest";
import { ClockDoubt } from "./clock_doubt.ts";

function doubtAfter(...ages: number[]): ClockDoubt {
  const doubt = new ClockDoubt();
  ages.forEach((ageS, n) => {
    doubt.note(`ticket ${n}`, ageS);
  });
  return doubt;
}

test("four tickets running that are all as old: this phone's clock is fast", () => {
  expect(doubtAfter(0, 360, 375, 345, 360).trouble(0)).toEqual({ proof: "tickets", fastByS: 360 });
});

test("four tickets running from the same future: it is slow", () => {
  expect(doubtAfter(-180, -195, -180, -180).trouble(0)).toEqual({ proof: "tickets", fastByS: -187.5 });
});

test.each([
  ["three are too few", [360, 360, 360]],
  ["one good ticket among them", [360, 360, 0, 360]],
  ["screenshots of all ages", [360, 3_600, 60, 900]],
  ["guests whose clocks are off both ways", [60, -60, 60, -60]],
  ["hardly late at all", [15, 15, 30, 15]],
])("%s: nothing is wrong with this phone", (_name, ages) => {
  expect(doubtAfter(...ages).trouble(0)).toBeNull();
});

test("one ticket shown four times proves nothing", () => {
  const doubt = new ClockDoubt();
  for (let n = 0; n < 4; n++) doubt.note("the same", 360);

  expect(doubt.trouble(0)).toBeNull();
});

test("the server's word is told from some seconds on, and corrects", () => {
  const doubt = new ClockDoubt();

  expect(doubt.trouble(-4_000)).toBeNull();
  expect(doubt.trouble(-240_000)).toEqual({ proof: "server", fastByS: 240 });
  expect(doubt.trouble(86_400_000)).toEqual({ proof: "server", fastByS: -86_400 });
});

test("once the server has set the clock right, what was before is forgotten", () => {
  const doubt = doubtAfter(360, 360, 360, 360);
  doubt.clear();

  expect(doubt.trouble(0)).toBeNull();
});
