import { describe, expect, test } from "vitest";
import { type DoorWindow, phaseAt } from "./phase.ts";

const window: DoorWindow = { salt: "", steps: 1440, starts_at: 1_000_000, step_s: 15, guard: 8 };
const at = (step: number, ms = 0) => window.starts_at + step * 15_000 + ms;

describe("the wallet's code", () => {
  test("is awaited before the window, until the first step that a door admits", () => {
    expect(phaseAt(window, 0)).toEqual({ t: "before", opensAt: at(9) });
    expect(phaseAt(window, at(8, 14_999))).toEqual({ t: "before", opensAt: at(9) });
  });
  test("stands from that step on, 15 seconds each", () => {
    expect(phaseAt(window, at(9))).toEqual({ t: "live", step: 9, left: 15_000 });
    expect(phaseAt(window, at(9, 14_000))).toEqual({ t: "live", step: 9, left: 1_000 });
    expect(phaseAt(window, at(10))).toEqual({ t: "live", step: 10, left: 15_000 });
  });
  test("is shown to the end of the last step, and not after", () => {
    expect(phaseAt(window, at(1440, 14_999))).toMatchObject({ t: "live", step: 1440 });
    expect(phaseAt(window, at(1441))).toEqual({ t: "after" });
  });
});
