import { browserTimers, type Timers } from "../../../realtime/client/browser.ts";
import { ServerClock } from "../../../realtime/client/server_clock.ts";

const KEY = "ngn-clock-offset";
const AGAIN_MS = 60_000;
/** Without an answer it asks again sooner, but not at every tick. */
const RETRY_MS = 5_000;
/** A wall clock that moved this much against the monotonic one was set by hand, or the phone slept. */
const JUMP_MS = 1_500;

export type AskTime = () => Promise<number>;

/** The server's time on this phone. It outlives the network: the last offset is kept for a start without one. */
export class SyncedClock {
  private readonly clock: ServerClock;
  private drift: number;
  private asked = Number.NEGATIVE_INFINITY;
  private wait = AGAIN_MS;

  constructor(
    private readonly askTime: AskTime,
    private readonly storage: Pick<Storage, "getItem" | "setItem">,
    private readonly timers: Timers = browserTimers,
  ) {
    this.clock = new ServerClock(Number(storage.getItem(KEY)) || 0);
    this.drift = this.skewNow();
  }

  /** UTC milliseconds by the server's clock. */
  now(): number {
    return this.timers.now().wall + this.clock.offset;
  }

  /** Server minus phone, in milliseconds. */
  get offset(): number {
    return this.clock.offset;
  }

  /** Ask again when it is time, or when this phone's clock was set. Never throws: no network changes nothing. */
  async keepInStep(): Promise<void> {
    const { monotonic } = this.timers.now();
    const jumped = Math.abs(this.skewNow() - this.drift) > JUMP_MS;
    if (!jumped && monotonic - this.asked < this.wait) return;
    this.asked = monotonic;
    this.wait = AGAIN_MS;
    this.drift = this.skewNow();
    await this.ask();
  }

  private async ask(): Promise<void> {
    const sent = this.timers.now().wall;
    try {
      this.learn(await this.askTime(), sent);
    } catch {
      this.wait = RETRY_MS;
    }
  }

  private learn(server: number, sent: number): void {
    this.clock.learn(server, sent, this.timers.now().wall);
    this.storage.setItem(KEY, String(this.clock.offset));
  }

  private skewNow(): number {
    const { wall, monotonic } = this.timers.now();
    return wall - monotonic;
  }
}

/** This browser's storage, or, where it is forbidden, one that forgets with the page. */
export function storageOrNone(): Pick<Storage, "getItem" | "setItem"> {
  try {
    return localStorage;
  } catch {
    const kept = new Map<string, string>();
    return { getItem: (key) => kept.get(key) ?? null, setItem: (key, value) => void kept.set(key, value) };
  }
}

/** The server's time by HTTP. Rejects when there is no network or the answer is not one. */
export function timeFrom(url: string): AskTime {
  return async () => {
    const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(5_000) });
    const { server_time } = (await answer.json()) as { server_time?: unknown };
    if (typeof server_time !== "number") throw new Error("the server did not tell the time");
    return server_time;
  };
}

/** How far this phone's clock is off, for people; null while it does not matter. */
export function offsetInWords(offset: number): string | null {
  const seconds = Math.round(Math.abs(offset) / 1000);
  if (seconds < 2) return null;
  return `Your phone's clock is ${seconds} s ${offset > 0 ? "slow" : "fast"}; your ticket corrects for it.`;
}
