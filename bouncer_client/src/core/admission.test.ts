import { expect, test } from "vitest";
import vectors from "../../../tests/vectors/admission.json";
import { decide, type Standing } from "./admission.ts";

test.each(vectors)("$name", ({ step, standing, now_step, here, verdict }) => {
  const code = step === null ? null : { step };

  expect(decide({ code, standing: standing as Standing | null, nowStep: now_step, here })).toEqual(verdict);
});

test("the manifest's own guard and skew rule, should a show ever have others", () => {
  const standing: Standing = { ticket_type: "GA", status: "active", entry: null };
  const here = { at: 0, door: "Door A" };
  const rule = { stepS: 30, skew: 0, guard: 0 };

  expect(decide({ code: { step: 5 }, standing, nowStep: 6, here }, rule)).toEqual({ t: "stale", age_s: 30 });
  expect(decide({ code: { step: 1 }, standing, nowStep: 1, here }, rule)).toMatchObject({ t: "admitted" });
});
