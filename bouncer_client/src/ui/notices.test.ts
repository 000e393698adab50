import { expect, test } from "vitest";
import { canStayAwake } from "../adapters/phone.ts";
import { clockWords } from "./notices.ts";

test.each([
  [{ proof: "server", fastByS: 240 } as const, /4 minutes fast\. Scans are corrected/],
  [{ proof: "server", fastByS: -86_400 } as const, /1 day slow/],
  [{ proof: "tickets", fastByS: 360 } as const, /Every ticket seems as old.*wrong, 6 minutes fast/],
])("a clock that is off is told: %j", (clockTrouble, words) => {
  expect(clockWords({ clockTrouble })).toMatch(words);
});

test("a clock that may be trusted is not spoken of", () => {
  expect(clockWords({ clockTrouble: null })).toBe("");
});

test.each([
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X)", true, false],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 18_4 like Mac OS X)", true, true],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X)", true, true],
  ["Mozilla/5.0 (iPhone; CPU iPhone OS 16_4 like Mac OS X)", false, true],
  ["Mozilla/5.0 (Linux; Android 15)", true, true],
])("%s, installed: %s, keeps its screen on: %s", (agent, isInstalled, stays) => {
  const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
  Object.defineProperty(globalThis, "navigator", { value: { wakeLock: {} }, configurable: true });
  try {
    expect(canStayAwake(isInstalled, agent)).toBe(stays);
  } finally {
    if (before) Object.defineProperty(globalThis, "navigator", before);
  }
});
