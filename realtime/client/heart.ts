export const PING_EVERY_MS = 1_500;
/** A socket may look open for ever: silence is what tells. */
export const SILENCE_MS = 3_000;
/** Nothing else is heard while one long message comes in: a full house's snapshot, over a slow network. */
const LONG_MESSAGE_MS = 30_000;
/** To reach the server, be welcomed and be believed may take this long. */
const CONNECT_MS = 8_000;

/** What the heartbeat asks for. */
export type Beat = "rest" | "ping" | "give_up";

/** Whether the server is still there, told by what was heard and when. Moments are monotonic milliseconds. */
export class Heart {
  private heardAt = 0;
  private pingedAt = 0;
  /** How long it took lately, from asking to hearing anything. */
  private took = 0;
  private beatAt = 0;
  /** The page slept, and nothing was heard since it asked. */
  private doubts = false;

  opening(now: number): void {
    this.heardAt = this.beatAt = this.pingedAt = now;
    this.took = 0;
    this.doubts = false;
  }

  heard(now: number): void {
    if (this.heardAt <= this.pingedAt) this.took = now - this.pingedAt;
    this.heardAt = now;
    this.doubts = false;
  }

  pinged(now: number): void {
    this.pingedAt = now;
  }

  /** How far behind the server's word is: what the last answer took, or how long the next one keeps us waiting. */
  lag(now: number): number {
    return this.heardAt < this.pingedAt ? Math.max(this.took, now - this.pingedAt) : this.took;
  }

  /** While the server has not let us in yet. */
  beatBeforeReady(now: number): Beat {
    this.beatAt = now;
    return now - this.heardAt >= CONNECT_MS ? "give_up" : "rest";
  }

  /** To be called a few times a second; `longMessage` while a snapshot is on its way. */
  beat(now: number, longMessage = false): Beat {
    const slept = now - this.beatAt > SILENCE_MS / 2;
    this.beatAt = now;
    if (slept) return this.woken(now);
    if (now - this.heardAt >= (longMessage ? LONG_MESSAGE_MS : SILENCE_MS)) return "give_up";
    return now - this.pingedAt >= PING_EVERY_MS ? "ping" : "rest";
  }

  /**
   * The page slept: its silence says nothing about the server. Ask now, and leave half the time to answer. A page that
   * a browser wakes once a minute only has asked the last time, and a whole minute has passed.
   */
  private woken(now: number): Beat {
    if (this.doubts) return "give_up";
    this.doubts = true;
    this.heardAt = Math.max(this.heardAt, now - SILENCE_MS / 2);
    return "ping";
  }
}
