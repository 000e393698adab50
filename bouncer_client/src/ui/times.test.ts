import { expect, test } from "vitest";
import { clockTime, shortTime, spanWords } from "./times.ts";

const AT = Date.UTC(2026, 10, 23, 5, 4, 17); // the evening before in Seattle

test("times are the venue's, wherever the phone thinks it is", () => {
  expect(clockTime(AT, "America/Los_Angeles")).toBe("21:04:17");
  expect(clockTime(AT, "Asia/Tokyo")).toBe("14:04:17");
  expect(shortTime(AT, "America/Los_Angeles")).toBe("21:04");
});

test("midnight is 00, not 24", () => {
  expect(clockTime(Date.UTC(2026, 0, 1), "UTC")).toBe("00:00:00");
});

test("a zone that the browser does not know does not stop the door", () => {
  expect(clockTime(AT, "Moon/Tranquility")).toMatch(/^\d\d:\d\d:17$/);
});

test.each([
  [0, ""],
  [1, "1 second"],
  [45, "45 seconds"],
  [60, "1 minute"],
  [399, "6 minutes"],
  [3_600, "1 hour"],
  [3_900, "1 hour 5 minutes"],
  [7_199, "1 hour 59 minutes"],
  [90_000, "1 day 1 hour"],
  [200_000, "2 days 7 hours"],
])("%i seconds are %s", (seconds, words) => {
  expect(spanWords(seconds)).toBe(words);
});
