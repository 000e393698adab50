import { describe, expect, test } from "vitest";
import { dayInWords, dayOf, nextMinute, span, timeOfDay, timer } from "./time.ts";

const NOV_22_0504_UTC = Date.UTC(2026, 10, 22, 5, 4, 17);

describe("times are told in the venue's time zone", () => {
  test("with seconds at the door", () => {
    expect(timeOfDay(NOV_22_0504_UTC, "America/Los_Angeles")).toBe("21:04:17");
  });
  test("and the day is the venue's day too", () => {
    expect(dayOf(NOV_22_0504_UTC, "America/Los_Angeles")).toBe("Sat 21 Nov");
  });
  test("midnight is 00, never 24", () => {
    expect(timeOfDay(Date.UTC(2026, 0, 1), "UTC", false)).toBe("00:00");
  });
});

describe("when something begins", () => {
  const zone = "America/Los_Angeles";
  test("is told to the minute, and never too early", () => {
    expect(nextMinute(NOV_22_0504_UTC, zone)).toBe("21:05");
    expect(nextMinute(Date.UTC(2026, 10, 22, 5, 4), zone)).toBe("21:04");
  });
  test("names the day unless it is today at the venue", () => {
    expect(dayInWords(NOV_22_0504_UTC, NOV_22_0504_UTC - 3_600_000, zone)).toBe("today");
    expect(dayInWords(NOV_22_0504_UTC, NOV_22_0504_UTC - 86_400_000, zone)).toBe("on Sat 21 Nov");
  });
});

describe("spans", () => {
  test.each([
    [2 * 3_600_000 + 3 * 60_000, "2 h 03 min"],
    [27 * 3_600_000, "1 d 3 h"],
    [249_000, "4 min 09 s"],
    [12_000, "12 s"],
    [1, "1 s"],
    [0, "0 s"],
    [-5_000, "0 s"],
  ])("%d ms is %s", (ms, words) => {
    expect(span(ms)).toBe(words);
  });
  test("a timer counts minutes and seconds, and stops at zero", () => {
    expect(timer(14 * 60_000 + 9_000)).toBe("14:09");
    expect(timer(-1)).toBe("0:00");
  });
});
