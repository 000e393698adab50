import type { SocketFactory, Timers } from "./browser.ts";
import type { Status, Vitals } from "./effects.ts";
import type {
  DeviceHere,
  Drained,
  ErrorCode,
  ScanFact,
  TopicFact,
  TopicSnapshot,
  TopicState,
  UndoAnswered,
  UndoFact,
  VerdictGiven,
} from "./protocol.gen.ts";
import { Shell } from "./shell.ts";
import type { Place } from "./topic.ts";

export type { SocketFactory, Timers } from "./browser.ts";
export type { Status, Vitals } from "./effects.ts";

export type AnySnapshot = TopicSnapshot["snapshot"];
export type AnyFact = TopicFact["fact"];
export type AnyState = TopicState["state"];

/** What a reader of one topic is told. `seq` is the entry's place in the show's log. */
export interface TopicHandlers<S extends AnySnapshot = AnySnapshot, F extends AnyFact = AnyFact> {
  /** All there is as of `seq`: forget what you had. */
  snapshot?(snapshot: S, seq: number, epoch: string): void;
  /** The next entry: every one, once, in order. */
  fact?(fact: F, seq: number): void;
  /** The newest state of a state topic. */
  state?(state: AnyState, seq: number): void;
  /** Who is at the door, in place of the list before. Door and sales topics tell it after joining, and on changes. */
  presence?(devices: readonly DeviceHere[]): void;
  /** The server ended it; nothing more will come. */
  closed?(code: ErrorCode): void;
  /** After a drop: everything missed has been told by now, as facts; it was so many. */
  resumed?(missed: number): void;
}

/** Nobody answered in time, or (`code`) the server refused to. */
export interface NoAnswer {
  readonly t: "no_answer";
  readonly code?: ErrorCode;
}

export interface Gateway {
  readonly status: Status;
  /** Called on every change; returns the way to stop. */
  onStatus(listener: (status: Status) => void): () => void;
  /** Called once when the server wants this client no more, whatever it follows; returns the way to stop. */
  onEnd(listener: (code: ErrorCode) => void): () => void;
  /** Follow a topic until the returned function is called; a drop in between is mended by itself. */
  subscribe<S extends AnySnapshot, F extends AnyFact>(
    topic: string,
    handlers: TopicHandlers<S, F>,
    resume?: Place,
  ): () => void;
  /** Ask for a verdict and wait at most so long (milliseconds). */
  scan(fact: ScanFact, patienceMs: number): Promise<VerdictGiven | NoAnswer>;
  /** Tell that an admission was taken back, and wait at most so long: an answer, also a refusal, settles it. */
  undo(fact: UndoFact, patienceMs: number): Promise<UndoAnswered | NoAnswer>;
  /** Tell part of a journal, at most 200 of each, and wait at most so long for the answers to all of it. */
  drain(
    scans: readonly ScanFact[],
    undos: readonly UndoFact[],
    patienceMs: number,
  ): Promise<Drained | NoAnswer>;
  /** A word to another phone of this door, by its device's id: at most once, and never kept. */
  signal(to: string, data: string): void;
  /** Called for each word of another phone; returns the way to stop. */
  onSignal(listener: (from: string, data: string) => void): () => void;
  /** UTC milliseconds by the server's clock. */
  serverNow(): number;
  /** Server minus device, in milliseconds. */
  readonly clockOffsetMs: number;
  /** How long the server's word takes at the moment, in milliseconds: of use while the status is "live". */
  readonly lagMs: number;
  close(): void;
}

export interface GatewayOptions {
  readonly url?: string;
  readonly token?: string;
  /** What is known of the clock from an earlier visit. */
  readonly clockOffsetMs?: number;
  /** How this phone is: asked every 10 s or so, and told to everybody at its door. For devices. */
  readonly vitals?: () => Vitals;
  readonly socket?: SocketFactory;
  readonly timers?: Timers;
  readonly random?: () => number;
}

export function openGateway(options: GatewayOptions = {}): Gateway {
  return new Shell(options);
}
