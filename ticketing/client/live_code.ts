import { sha256 } from "@noble/hashes/sha2.js";

/**
 * The live code, as the wallet makes it and the door reads it: the same rules as `ticketing/live_code.py`, held
 * together by `tests/vectors/live_code.json`. Pure.
 */

export const STEP_S = 15;
/** Steps at the window's start that never admit: otherwise an anchor, which is no secret, would itself be a code. */
export const GUARD = 8;
export const SKEW = 1;
export const MAX_STEPS = 9999;
export const VALUE_BYTES = 16;

const DIGITS = 39;
const LIVE = /^10([0-9]{4})([0-9]{39})$/;
const VALUES = 1n << BigInt(8 * VALUE_BYTES);

/** A well-formed code: `step` 1..9999, and the chain's 16-byte value at that step. */
export interface LiveCode {
  readonly step: number;
  readonly value: Uint8Array;
}

/** How a show's clock runs; the manifest carries these, so that they can change without a new build. */
export interface Pace {
  readonly stepS: number;
  readonly skew: number;
}

export const PACE: Pace = { stepS: STEP_S, skew: SKEW };

/** Read a code's digits; null for anything that no wallet of ours can have shown. */
export function parse(text: string): LiveCode | null {
  const match = text.length === 45 ? LIVE.exec(text) : null;
  if (match === null) return null;
  const step = Number(match[1]);
  const number = BigInt(match[2] ?? "");
  return step < 1 || number >= VALUES ? null : { step, value: bytesOf(number) };
}

/** Walk from the value of `step` down to the ticket's 32-byte `qr_hash`: `step` links of SHA-256. */
export function walk(salt: Uint8Array, code: LiveCode): Uint8Array {
  const link = linkOf(salt);
  let value = code.value;
  for (let i = code.step; i > 1; i--) value = link(i, value).subarray(0, VALUE_BYTES);
  return link(1, value);
}

/** The manifest's short code of the ticket that this code walks to. */
export function anchorOf(salt: Uint8Array, code: LiveCode): Uint8Array {
  return walk(salt, code).slice(0, VALUE_BYTES);
}

/** One ticket's chain, computed once: after that every step's code is a look-up. `seed` and `salt` are 16 bytes. */
export class Chain {
  private readonly values: readonly Uint8Array[];

  constructor(
    salt: Uint8Array,
    seed: Uint8Array,
    readonly steps: number,
  ) {
    if (!Number.isInteger(steps) || steps < 1 || steps > MAX_STEPS)
      throw new RangeError(`a chain has 1 to ${MAX_STEPS} steps, not ${steps}`);
    const link = linkOf(salt);
    const values = new Array<Uint8Array>(steps + 1);
    values[steps] = seed;
    let value = seed;
    for (let i = steps; i > 1; i--) {
      value = link(i, value).slice(0, VALUE_BYTES);
      values[i - 1] = value;
    }
    values[0] = link(1, value);
    this.values = values;
  }

  /** The chain's near end, 32 bytes: what `cdm_tickets.qr_hash` holds in hex. */
  get qrHash(): Uint8Array {
    return this.at(0);
  }

  /** The 45 digits that the wallet shows at `step` (1..steps). */
  codeAt(step: number): string {
    if (!Number.isInteger(step) || step < 1 || step > this.steps)
      throw new RangeError(`step ${step} is outside the door window (1..${this.steps})`);
    const number = BigInt(`0x${toHex(this.at(step))}`);
    return `10${String(step).padStart(4, "0")}${String(number).padStart(DIGITS, "0")}`;
  }

  private at(index: number): Uint8Array {
    const value = this.values[index];
    if (value === undefined) throw new RangeError(`no value at ${index}`);
    return value;
  }
}

/** The step in force at a moment (both UTC milliseconds); negative before the window. */
export function stepAt(windowStartsAt: number, at: number, pace: Pace = PACE): number {
  return Math.floor((at - windowStartsAt) / (pace.stepS * 1000));
}

/** Seconds that a genuine code is off: positive is old, negative is from a clock ahead; 0 within the skew. */
export function ageOf(step: number, nowStep: number, pace: Pace = PACE): number {
  const behind = nowStep - step;
  return Math.abs(behind) <= pace.skew ? 0 : behind * pace.stepS;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Two digits a byte, from a table: a list of 50,000 orders is read through here when the app starts. */
export function toHex(bytes: Uint8Array): string {
  let hex = "";
  for (const byte of bytes) hex += HEX[byte];
  return hex;
}

/** Throws RangeError for anything but pairs of hex digits. */
export function fromHex(hex: string): Uint8Array {
  if (!/^([0-9a-fA-F]{2})*$/.test(hex)) throw new RangeError("not pairs of hex digits");
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) =>
    Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}

/** SHA-256(salt || uint16be(i) || value), with one buffer for a whole walk. */
function linkOf(salt: Uint8Array): (i: number, value: Uint8Array) => Uint8Array {
  const block = new Uint8Array(salt.length + 2 + VALUE_BYTES);
  block.set(salt);
  return (i, value) => {
    block[salt.length] = i >> 8;
    block[salt.length + 1] = i & 0xff;
    block.set(value, salt.length + 2);
    return sha256(block);
  };
}

function bytesOf(number: bigint): Uint8Array {
  return fromHex(number.toString(16).padStart(2 * VALUE_BYTES, "0"));
}
