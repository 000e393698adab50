import type { Joined, Pong, Subscribe, TopicFact, TopicSnapshot, TopicState } from "./protocol.gen.ts";

/** How long a reader may be behind what a pong tells before it asks again. */
const PATIENCE_MS = 2_000;

export interface Place {
  readonly since: number;
  readonly epoch: string;
}

/**
 * One topic as this reader has it: where it stands in the log, and whether it may be missing something.
 * The rule for facts is *contiguous or ask again*; a state simply replaces the one before.
 */
export class Following {
  private last: number | null;
  private epoch: string | null;
  private behindSince: number | null = null;
  private asking = false;
  /** Where a resumed reader stood, until it has been told all that it missed. */
  private resumedFrom: number | null = null;

  constructor(
    readonly topic: string,
    resume?: Place,
  ) {
    this.last = resume?.since ?? null;
    this.epoch = resume?.epoch ?? null;
  }

  private get carriesFacts(): boolean {
    return this.topic.startsWith("door:") || this.topic.startsWith("sales:");
  }

  /** The message that (re)joins, from the place where this reader stands. */
  join(ref: number): Subscribe {
    this.asking = true;
    this.behindSince = null;
    const message: Subscribe = { t: "subscribe", ref, topic: this.topic };
    if (!this.carriesFacts || this.last === null || this.epoch === null) return message;
    return { ...message, since: this.last, epoch: this.epoch };
  }

  /** The connection is gone; the place in the log is not. */
  lost(): void {
    this.asking = false;
    this.behindSince = null;
  }

  joined(message: Joined): void {
    this.asking = false;
    this.epoch = message.epoch;
    if (!this.carriesFacts) this.last = null;
    else if (message.resumed) this.resumedFrom ??= this.last;
    else this.last = this.resumedFrom = null;
  }

  /** How many entries were missed, once the server has told them all: null when there is nothing to say. */
  caughtUp(message: Pong): number | null {
    const head = message.seqs[this.topic];
    if (this.resumedFrom === null || this.last === null || head === undefined || head > this.last)
      return null;
    const missed = this.last - this.resumedFrom;
    this.resumedFrom = null;
    return missed;
  }

  snapshot(message: TopicSnapshot): void {
    this.last = message.seq;
    this.epoch = message.epoch;
    this.behindSince = null;
  }

  /** "next": hand it on. "known": drop it. "hole": something is missing, ask again. */
  fact(message: TopicFact): "next" | "known" | "hole" {
    if (this.last === null || message.seq <= this.last) return "known";
    if (message.seq !== this.last + 1) return this.asking ? "known" : "hole";
    this.last = message.seq;
    return "next";
  }

  /** Whether this state is news. */
  state(message: TopicState): boolean {
    if (this.last !== null && message.seq < this.last) return false;
    this.last = message.seq;
    return true;
  }

  /**
   * Whether the server has been ahead of us for so long that an announcement must have been lost. Of facts only: a
   * state that has not changed is not sent, however far the log goes on.
   */
  isBehind(message: Pong, now: number): boolean {
    const head = message.seqs[this.topic];
    if (!this.carriesFacts || head === undefined || this.asking || head <= (this.last ?? -1)) {
      this.behindSince = null;
      return false;
    }
    this.behindSince ??= now;
    return now - this.behindSince > PATIENCE_MS;
  }
}
