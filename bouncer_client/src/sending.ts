import type { Gateway, NoAnswer, Timers } from "../../realtime/client/gateway.ts";
import type { Drained, ScanFact, UndoFact } from "../../realtime/client/protocol.gen.ts";
import type { Told } from "./adapters/api.ts";
import { type Batch, Drain, type Outcome } from "./core/drain.ts";
import {
  factOf,
  type Journal,
  type ScanRow,
  type Settled,
  type TakenScan,
  type UndoRow,
  undoFactOf,
} from "./core/journal.ts";

/** Tell part of a journal by HTTP, where a socket cannot be had. */
export type Post = (
  scans: readonly ScanFact[],
  undos: readonly UndoFact[],
  patienceMs?: number,
) => Promise<Told>;

export interface SenderParts {
  readonly gateway: Gateway;
  readonly journal: Journal;
  readonly timers: Timers;
  readonly post: Post;
  /** A batch has left the journal: the rows as they stand, and what the server made of each. */
  settled(rows: Settled, outcome: Outcome): void;
  /** The journal could not be written: what was sent stays owed. */
  failed(): void;
}

const PATIENCE_MS = 10_000;
const EVERY_MS = 5_000;
/** A socket that is only being opened anew needs no second way. */
const HTTP_AFTER_MS = 6_000;
const HTTP_EVERY_MS = 15_000;

/** Empties the journal by itself: over the socket, else over HTTP, one batch at a time, oldest first. */
export class Sender {
  private readonly drain = new Drain();
  private offlineSince: number | null = null;
  private postedAt = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: SenderParts) {}

  get unsent(): number {
    return this.drain.size;
  }

  add(row: ScanRow): void {
    this.drain.add(row);
  }

  addUndo(row: UndoRow): void {
    this.drain.addUndo(row);
  }

  /** Returns the way to stop. */
  start(): () => void {
    const { timers, gateway } = this.parts;
    const stops = [timers.every(EVERY_MS, () => this.send()), gateway.onStatus(() => this.send())];
    this.send();
    return () => {
      for (const stop of stops) stop();
    };
  }

  /** Send what is owed, if there is a way and nothing is under way. */
  send(): void {
    const isPosted = this.mustPost();
    if (this.drain.isBusy || (!isPosted && this.parts.gateway.status !== "live")) return;
    const batch = this.drain.take();
    if (batch === null) return;
    if (isPosted) this.postedAt = this.parts.timers.now().monotonic;
    void this.tell(batch, isPosted);
  }

  private mustPost(): boolean {
    const { gateway, timers } = this.parts;
    const { monotonic } = timers.now();
    if (gateway.status === "live") this.offlineSince = null;
    else this.offlineSince ??= monotonic;
    if (this.offlineSince === null || monotonic - this.offlineSince < HTTP_AFTER_MS) return false;
    return monotonic - this.postedAt >= HTTP_EVERY_MS;
  }

  private async tell(batch: Batch, isPosted: boolean): Promise<void> {
    const scans = batch.scans.map(factOf);
    const undos = batch.undos.map(undoFactOf);
    const answer = isPosted
      ? await this.parts.post(scans, undos)
      : await this.parts.gateway.drain(scans, undos, PATIENCE_MS);
    if (isAnswer(answer)) {
      // The way is good: what is left follows at once.
      if (isPosted) this.postedAt = Number.NEGATIVE_INFINITY;
      if (!(await this.settle(answer))) return;
    } else if (isUnreadable(answer)) this.drain.unreadable();
    else {
      this.drain.unanswered();
      return;
    }
    this.send();
  }

  private async settle(answer: Drained): Promise<boolean> {
    const outcome = this.drain.answered(answer);
    try {
      this.parts.settled(await this.parts.journal.settle(...taken(outcome)), outcome);
      return true;
    } catch {
      // What the journal still calls owed is owed: it is sent again, and counts once all the same.
      for (const { row } of outcome.scans) this.drain.add(row);
      for (const { row } of outcome.undos) this.drain.addUndo(row);
      this.parts.failed();
      return false;
    }
  }
}

function isAnswer(answer: Drained | NoAnswer | string): answer is Drained {
  return typeof answer !== "string" && answer.t === "drained";
}

function isUnreadable(answer: NoAnswer | Told): boolean {
  return (
    answer === "malformed" || (typeof answer !== "string" && "code" in answer && answer.code === "malformed")
  );
}

/** What the journal is told of an outcome. An answer about an Order ID is no verdict on a code. */
export function taken({ scans, undos }: Outcome): [TakenScan[], Outcome["undos"][number]["answer"][]] {
  return [
    scans.map(({ answer: { scan_id, acknowledged, verdict } }) => ({
      scan_id,
      acknowledged,
      verdict: verdict.t === "by_order" ? null : verdict,
    })),
    undos.map(({ answer }) => answer),
  ];
}
