import { describe, expect, test } from "vitest";
import vectors from "../../tests/vectors/live_code.json";
import {
  ageOf,
  anchorOf,
  Chain,
  fromHex,
  GUARD,
  type LiveCode,
  parse,
  SKEW,
  STEP_S,
  stepAt,
  toHex,
  walk,
} from "./live_code.ts";

function parsed(text: string): LiveCode {
  const code = parse(text);
  if (code === null) throw new Error(`${text} should be a code`);
  return code;
}

test("the constants are the server's", () => {
  expect({ step_s: STEP_S, guard: GUARD, skew: SKEW }).toEqual({
    step_s: vectors.step_s,
    guard: vectors.guard,
    skew: vectors.skew,
  });
});

describe.each(vectors.chains)(
  "the chain of ticket transfer $transfer_no, epoch $epoch, $steps steps",
  (vector) => {
    const salt = fromHex(vector.salt);
    const chain = new Chain(salt, fromHex(vector.seed), vector.steps);

    test("ends in the ticket's qr_hash", () => {
      expect(toHex(chain.qrHash)).toBe(vector.qr_hash);
    });

    test.each(vector.codes)("shows the server's code at step $step", ({ step, code }) => {
      expect(chain.codeAt(step)).toBe(code);
    });

    test.each(vector.codes)("is found again from the code at step $step", ({ step, code }) => {
      expect(parsed(code).step).toBe(step);
      expect(toHex(walk(salt, parsed(code)))).toBe(vector.qr_hash);
      expect(toHex(anchorOf(salt, parsed(code)))).toBe(vector.anchor);
    });

    test("has no code outside its steps", () => {
      for (const step of [-1, 0, vector.steps + 1, 1.5]) expect(() => chain.codeAt(step)).toThrow(RangeError);
    });
  },
);

test.each(vectors.parse)("$name is read as the server reads it", ({ text, code }) => {
  const read = parse(text);

  expect(read && { step: read.step, value: toHex(read.value) }).toEqual(code);
});

test.each(vectors.step_at)("at $at, in a window from $window_starts_at, the step is $step", (vector) => {
  expect(stepAt(vector.window_starts_at, vector.at)).toBe(vector.step);
});

test.each(vectors.age_of)("step $step is $age_s s old at step $now_step", (vector) => {
  expect(ageOf(vector.step, vector.now_step)).toBe(vector.age_s);
});

test("an old value relabelled with another step leads nowhere", () => {
  const [vector] = vectors.chains;
  if (vector === undefined) throw new Error("no chain");
  const chain = new Chain(fromHex(vector.salt), fromHex(vector.seed), vector.steps);
  const relabelled = `10${"0701"}${chain.codeAt(700).slice(6)}`;

  expect(toHex(anchorOf(fromHex(vector.salt), parsed(relabelled)))).not.toBe(vector.anchor);
});

test("a chain of no steps, or of too many, is refused", () => {
  for (const steps of [0, 10_000, 1.5])
    expect(() => new Chain(new Uint8Array(16), new Uint8Array(16), steps)).toThrow(RangeError);
});
