/** A moment on this device: `wall` is UTC milliseconds by its own clock, `monotonic` never jumps. */
export interface Moment {
  readonly wall: number;
  readonly monotonic: number;
}

interface Sample {
  readonly offset: number;
  /** How far the offset may be off, either way. */
  readonly doubt: number;
}

const KEPT = 8;
/** Both clocks tick in milliseconds, and timers wake late: two honest samples may differ by this much more. */
const SLACK_MS = 20;

/**
 * The server's clock, told from round trips: the answer was written somewhere between sending and receiving, so the
 * shortest round trip doubts least. `offset` is server minus device, in milliseconds.
 */
export class ServerClock {
  private samples: readonly Sample[] = [];

  constructor(private fallback = 0) {}

  get offset(): number {
    return this.best?.offset ?? this.fallback;
  }

  /** Learn from one answer: sent and received in device milliseconds, `server` in the server's. */
  learn(server: number, sent: number, received: number): void {
    const doubt = Math.max(0, received - sent) / 2;
    const sample = { offset: Math.round(server - (sent + received) / 2), doubt };
    const kept = this.contradicts(sample) ? [] : this.samples;
    this.samples = [...kept, sample].slice(-KEPT);
  }

  /** A first guess from a message that came unasked: better than nothing, worse than any round trip. */
  guess(server: number, received: number): void {
    if (this.best === undefined) this.fallback = server - received;
  }

  private get best(): Sample | undefined {
    return this.samples.reduce<Sample | undefined>(
      (best, sample) => (best !== undefined && best.doubt < sample.doubt ? best : sample),
      undefined,
    );
  }

  /** Honest samples overlap. One that does not means that somebody has set this device's clock. */
  private contradicts(sample: Sample): boolean {
    const best = this.best;
    if (best === undefined) return false;
    return Math.abs(sample.offset - best.offset) > sample.doubt + best.doubt + SLACK_MS;
  }
}
