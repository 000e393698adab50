import type {
  Joined,
  Pong,
  RequestRefused,
  Subscribe,
  TopicFact,
  TopicSnapshot,
  TopicState,
} from "./protocol.gen.ts";

/** How long a reader may be behind what a pong tells before it asks again. */
const PATIENCE_MS = 2_000;
/** A topic that is unavailable is asked for again after this. */
const RETRY_MS = 2_000;

export interface Place {
  readonly since: number;
  readonly epoch: string;
}

/** Whether the topic carries facts, every one of which counts, or state, of which only the newest does. */
export function carriesFacts(topic: string): boolean {
  return topic.startsWith("door:") || topic.startsWith("sales:");
}

/**
 * One topic as this reader has it: where it stands in the log, and whether it may be missing something.
 * The rule for facts is *contiguous or ask again*; a state simply replaces the one before.
 */
export class Following {
  private last: number | null;
  private epoch: string | null;
  private behindSince: number | null = null;
  /** The join that waits for its answer: what arrives before that belongs to an older one. */
  private asked: number | null = null;
  private retryAt: number | null = null;
  /** Where a resumed reader stood, until it has been told all that it missed. */
  private resumedFrom: number | null = null;
  private readonly carriesFacts: boolean;

  constructor(
    readonly topic: string,
    resume?: Place,
  ) {
    this.last = resume?.since ?? null;
    this.epoch = resume?.epoch ?? null;
    this.carriesFacts = carriesFacts(topic);
  }

  /** The last entry that this reader has; null before its first snapshot. */
  get known(): number | null {
    return this.last;
  }

  /** Joined, and the snapshot is on its way. */
  get expectsSnapshot(): boolean {
    return this.carriesFacts && this.asked === null && this.epoch !== null && this.last === null;
  }

  /** The message that (re)joins, from the place where this reader stands. */
  join(ref: number): Subscribe {
    this.asked = ref;
    this.behindSince = this.retryAt = null;
    const message: Subscribe = { t: "subscribe", ref, topic: this.topic };
    if (!this.carriesFacts || this.last === null || this.epoch === null) return message;
    return { ...message, since: this.last, epoch: this.epoch };
  }

  /** Whether this is the answer to the newest join: one to an earlier join says nothing any more. */
  awaits({ ref }: Joined | RequestRefused): boolean {
    return ref !== null && ref === this.asked;
  }

  /** The connection is gone; the place in the log is not. */
  lost(): void {
    this.asked = this.behindSince = this.retryAt = null;
  }

  joined(message: Joined): void {
    this.asked = null;
    this.epoch = message.epoch;
    if (!this.carriesFacts) this.last = null;
    else if (message.resumed) this.resumedFrom ??= this.last;
    else this.last = this.resumedFrom = null;
  }

  /** The server cannot now; `asked` stays, for nothing comes of this topic until it is asked for again. */
  unavailable(now: number): void {
    this.retryAt = now + RETRY_MS;
  }

  mustAskAgain(now: number): boolean {
    return this.retryAt !== null && this.retryAt <= now;
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

  /** Whether this snapshot is the reader's. */
  snapshot(message: TopicSnapshot): boolean {
    if (this.asked !== null) return false;
    this.last = message.seq;
    this.epoch = message.epoch;
    this.behindSince = null;
    return true;
  }

  /** "next": hand it on. "known": drop it. "hole": something is missing, ask again. */
  fact(message: TopicFact): "next" | "known" | "hole" {
    if (this.asked !== null || this.last === null || message.seq <= this.last) return "known";
    if (message.seq !== this.last + 1) return "hole";
    this.last = message.seq;
    return "next";
  }

  /** Whether this state is news. */
  state(message: TopicState): boolean {
    if (this.asked !== null || (this.last !== null && message.seq < this.last)) return false;
    this.last = message.seq;
    return true;
  }

  /** Whether the server's "it is closed" is about this subscription, and not about one before it. */
  isOpen(): boolean {
    return this.asked === null;
  }

  /**
   * Whether the server has been ahead of us for so long that an announcement must have been lost. Of facts only: a
   * state that has not changed is not sent, however far the log goes on.
   */
  isBehind(message: Pong, now: number): boolean {
    const head = message.seqs[this.topic];
    if (!this.carriesFacts || head === undefined || this.asked !== null || head <= (this.last ?? -1)) {
      this.behindSince = null;
      return false;
    }
    this.behindSince ??= now;
    return now - this.behindSince > PATIENCE_MS;
  }
}
