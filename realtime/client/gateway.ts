import { delayBefore } from "./backoff.ts";
import { browserSocket, browserTimers, type Connection, type SocketFactory, type Timers } from "./browser.ts";
import type {
  ErrorCode,
  ScanFact,
  ServerMessage,
  TopicFact,
  TopicSnapshot,
  TopicState,
  VerdictGiven,
} from "./protocol.gen.ts";
import { type Delivery, type Effect, Session, type Status } from "./session.ts";
import type { Place } from "./topic.ts";

export type { SocketFactory, Timers } from "./browser.ts";
export type { Status } from "./session.ts";

export const SUBPROTOCOL = "ngn.v1";
const TICK_MS = 500;

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
  /** UTC milliseconds by the server's clock. */
  serverNow(): number;
  /** Server minus device, in milliseconds. */
  readonly clockOffsetMs: number;
  close(): void;
}

export interface GatewayOptions {
  readonly url?: string;
  readonly token?: string;
  /** What is known of the clock from an earlier visit. */
  readonly clockOffsetMs?: number;
  readonly socket?: SocketFactory;
  readonly timers?: Timers;
  readonly random?: () => number;
}

export function openGateway(options: GatewayOptions = {}): Gateway {
  return new Shell(options);
}

function defaultUrl(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
}

/** Performs what the session decides: sockets, timers and listeners live here, and no rule. */
class Shell implements Gateway {
  private readonly session: Session;
  private readonly url: string;
  private readonly socket: SocketFactory;
  private readonly timers: Timers;
  private readonly random: () => number;
  private connection: Connection | null = null;
  private failures = 0;
  private cancelRetry: (() => void) | null = null;
  private ended = false;
  private told: Status = "connecting";
  private readonly listeners = new Set<(status: Status) => void>();
  private readonly enders = new Set<(code: ErrorCode) => void>();
  private readonly handlers = new Map<string, TopicHandlers>();
  private readonly waiting = new Map<number, (answer: VerdictGiven | NoAnswer) => void>();
  private readonly stop: (() => void)[];

  constructor(options: GatewayOptions) {
    this.session = new Session(options.token, options.clockOffsetMs);
    this.url = options.url ?? defaultUrl();
    this.socket = options.socket ?? browserSocket;
    this.timers = options.timers ?? browserTimers;
    this.random = options.random ?? Math.random;
    this.stop = [
      this.timers.every(TICK_MS, () => this.perform(this.session.tick(this.timers.now()))),
      this.timers.onWake(() => this.wake()),
    ];
    this.connect();
  }

  get status(): Status {
    return this.session.status;
  }

  get clockOffsetMs(): number {
    return this.session.clock.offset;
  }

  serverNow(): number {
    return this.timers.now().wall + this.session.clock.offset;
  }

  onStatus(listener: (status: Status) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  onEnd(listener: (code: ErrorCode) => void): () => void {
    this.enders.add(listener);
    return () => this.enders.delete(listener);
  }

  subscribe<S extends AnySnapshot, F extends AnyFact>(
    topic: string,
    handlers: TopicHandlers<S, F>,
    resume?: Place,
  ): () => void {
    const effects = this.session.subscribe(topic, resume);
    // The topic's kind decides what it carries; the caller who names the topic names the types with it.
    this.handlers.set(topic, handlers as TopicHandlers);
    this.perform(effects);
    return () => {
      this.handlers.delete(topic);
      this.perform(this.session.unsubscribe(topic));
    };
  }

  scan(fact: ScanFact, patienceMs: number): Promise<VerdictGiven | NoAnswer> {
    const question = this.session.scan(fact);
    if (question === null) return Promise.resolve({ t: "no_answer" });
    return new Promise((resolve) => {
      const cancel = this.timers.after(patienceMs, () => this.answer(question.ref, { t: "no_answer" }));
      this.waiting.set(question.ref, (answer) => {
        cancel();
        resolve(answer);
      });
      this.perform(question.effects);
    });
  }

  close(): void {
    this.finish();
    this.perform(this.session.closed(null, this.timers.now()));
  }

  // --- performing ---

  private connect(): void {
    this.cancelRetry = null;
    this.session.opening(this.timers.now());
    this.connection = this.socket(this.url, SUBPROTOCOL, {
      message: (text) => this.received(text),
      closed: (code) => this.perform(this.session.closed(code, this.timers.now())),
    });
  }

  private received(text: string): void {
    const message = read(text);
    if (message !== null) this.perform(this.session.receive(message, this.timers.now()));
  }

  private perform(effects: readonly Effect[]): void {
    for (const effect of effects) this.performOne(effect);
    this.tellStatus();
  }

  private performOne(effect: Effect): void {
    switch (effect.do) {
      case "send":
        this.connection?.send(JSON.stringify(effect.message));
        break;
      case "reconnect":
        this.reconnect();
        break;
      case "end":
        this.finish();
        for (const listener of this.enders) listener(effect.code);
        break;
      case "proven":
        this.failures = 0;
        break;
      case "answered":
        this.answer(effect.message.ref, effect.message);
        break;
      case "unanswered":
        this.answer(effect.ref, effect.code ? { t: "no_answer", code: effect.code } : { t: "no_answer" });
        break;
      default:
        this.deliver(effect);
    }
  }

  private deliver(effect: Delivery): void {
    switch (effect.do) {
      case "snapshot": {
        const { topic, snapshot, seq, epoch } = effect.message;
        this.on(topic)?.snapshot?.(snapshot, seq, epoch);
        break;
      }
      case "fact":
        this.on(effect.message.topic)?.fact?.(effect.message.fact, effect.message.seq);
        break;
      case "state":
        this.on(effect.message.topic)?.state?.(effect.message.state, effect.message.seq);
        break;
      case "resumed":
        this.on(effect.topic)?.resumed?.(effect.missed);
        break;
      case "closed":
        this.closeTopic(effect.topic, effect.code);
        break;
      default:
        effect satisfies never;
    }
  }

  private on(topic: string): TopicHandlers | undefined {
    return this.handlers.get(topic);
  }

  private closeTopic(topic: string, code: ErrorCode): void {
    const handlers = this.handlers.get(topic);
    this.handlers.delete(topic);
    handlers?.closed?.(code);
  }

  private answer(ref: number, answer: VerdictGiven | NoAnswer): void {
    const resolve = this.waiting.get(ref);
    this.waiting.delete(ref);
    resolve?.(answer);
  }

  private reconnect(): void {
    this.abandon();
    if (this.ended) return;
    const wait = delayBefore(this.failures, this.random);
    this.failures += 1;
    this.cancelRetry = this.timers.after(wait, () => this.connect());
  }

  /** The page is in front again, or the network says that it is back: try now, doubt the socket that we have. */
  private wake(): void {
    if (this.ended) return;
    if (this.cancelRetry === null) {
      this.perform(this.session.tick(this.timers.now()));
      return;
    }
    this.cancelRetry();
    this.connect();
  }

  private finish(): void {
    this.ended = true;
    this.cancelRetry?.();
    this.cancelRetry = null;
    this.abandon();
    for (const stop of this.stop) stop();
  }

  private abandon(): void {
    this.connection?.abandon();
    this.connection = null;
  }

  private tellStatus(): void {
    if (this.session.status === this.told) return;
    this.told = this.session.status;
    for (const listener of this.listeners) listener(this.told);
  }
}

function read(text: string): ServerMessage | null {
  try {
    const message: unknown = JSON.parse(text);
    return typeof message === "object" && message !== null && "t" in message
      ? (message as ServerMessage)
      : null;
  } catch {
    return null; // what is not ours is not for us; silence will tell if the server has gone mad
  }
}
