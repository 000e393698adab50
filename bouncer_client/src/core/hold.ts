import type { Shown } from "./journal.ts";
import type { Reading } from "./reading.ts";

const UNSEEN_MS = 1_500;
const AGAIN_MS = 5_000;

interface Held {
  readonly text: string;
  readonly t: Shown["t"];
  readonly settledAt: number;
  seenAt: number;
}

/**
 * Which tickets in front of the camera have had their answer already. The camera reads a phone that is held still ten
 * times a second, and its text changes every 15 s: without this the guest just let in turns red a frame later.
 * By ticket, not by text; for as many tickets as the camera sees. Times are monotonic milliseconds.
 */
export class Holds {
  private readonly held = new Map<string, Held>();

  /** The ticket has its answer. */
  settle(reading: Reading, t: Shown["t"], now: number): void {
    this.held.set(reading.key, { text: reading.text, t, settledAt: now, seenAt: now });
  }

  /** Whether this read is of a ticket that has had its answer; `onScreen` while that answer is still shown. */
  covers(reading: Reading, onScreen: boolean, now: number): boolean {
    const held = this.held.get(reading.key);
    if (held === undefined) return false;
    const wasAway = now - held.seenAt >= UNSEEN_MS;
    held.seenAt = now;
    // An old code that has become another one: the guest did as told, so look again.
    if (held.t === "stale" && held.text !== reading.text) return false;
    if (onScreen) return true;
    if (wasAway) return false;
    return held.t === "admitted" || now - held.settledAt < AGAIN_MS;
  }
}
