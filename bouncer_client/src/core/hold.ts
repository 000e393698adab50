import type { Shown } from "./journal.ts";
import type { Reading } from "./reading.ts";

const UNSEEN_MS = 1_500;
const AGAIN_MS = 5_000;
/** One picture vouches for no more time than this: a camera that was off, or a phone that was slow, saw nothing go. */
const ONE_LOOK_MS = 400;
const IN_VIEW_MS = 600;

interface Held {
  readonly text: string;
  readonly t: Shown["t"];
  readonly settledAt: number;
  /** On the clock of looking, not of the wall. */
  seenAt: number;
}

/**
 * Which tickets in front of the camera have had their answer already. The camera reads a phone that is held still ten
 * times a second, and its text changes every 15 s: without this the guest just let in turns red a frame later.
 * A ticket is looked at again when it has had its answer for five seconds and was then away for a second and a half:
 * away means in pictures that were looked at without finding it. A dialog over the camera, a page in the background
 * or a phone too busy to look are no sign that it left.
 * By ticket, not by text; for as many tickets as the camera sees. Times are monotonic milliseconds.
 */
export class Holds {
  private readonly held = new Map<string, Held>();
  private lookedAt = Number.NEGATIVE_INFINITY;
  /** For how long the camera has looked, in all. */
  private looked = 0;
  private coveredAt = Number.NEGATIVE_INFINITY;

  /** The camera has looked at one more picture, whatever it read there. */
  look(now: number): void {
    this.looked += Math.min(now - this.lookedAt, ONE_LOOK_MS);
    this.lookedAt = now;
  }

  /** The ticket has its answer. */
  settle(reading: Pick<Reading, "key" | "text">, t: Shown["t"], now: number): void {
    this.held.set(reading.key, { text: reading.text, t, settledAt: now, seenAt: this.looked });
    this.coveredAt = Number.NEGATIVE_INFINITY;
  }

  /** More is known of this ticket by now: its next sight is another attempt. */
  release(key: string): void {
    this.held.delete(key);
  }

  /** Whether this read is of a ticket that has had its answer; `onScreen` while that answer is still shown. */
  covers(reading: Reading, onScreen: boolean, now: number): boolean {
    const held = this.held.get(reading.key);
    if (held === undefined) return false;
    const unseen = this.looked - held.seenAt;
    held.seenAt = this.looked;
    // An old code that has become another one: the guest did as told, so look again.
    if (held.t === "stale" && held.text !== reading.text) return false;
    if (!onScreen && unseen >= UNSEEN_MS && now - held.settledAt >= AGAIN_MS) return false;
    this.coveredAt = this.looked;
    return true;
  }

  /** Whether a ticket that has had its answer is in front of the camera still. */
  get isInView(): boolean {
    return this.looked - this.coveredAt < IN_VIEW_MS;
  }
}
