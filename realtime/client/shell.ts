import { type Pause, within } from "./backoff.ts";
import { browserSocket, browserTimers, type Connection, type SocketFactory, type Timers } from "./browser.ts";
import type { Effect, Question, Status, Vitals } from "./effects.ts";
import type { AnyFact, AnySnapshot, Gateway, GatewayOptions, NoAnswer, TopicHandlers } from "./gateway.ts";
import type {
  Drained,
  ErrorCode,
  ScanFact,
  ServerMessage,
  UndoAnswered,
  UndoFact,
  VerdictGiven,
} from "./protocol.gen.ts";
import { Readers } from "./readers.ts";
import { Session } from "./session.ts";
import type { Place } from "./topic.ts";

/** The websocket subprotocol: the version that this client speaks. */
const SUBPROTOCOL = "ngn.v1";
const TICK_MS = 500;
/** Between two heartbeats; the phones of a door must not fall into step. */
const HEARTBEAT_MS = { from: 8_000, to: 12_000 };

type Answer = VerdictGiven | UndoAnswered | Drained | NoAnswer;

/** Performs what the session decides: sockets, timers and listeners live here, and no rule. */
export class Shell implements Gateway {
  private readonly session: Session;
  private readonly url: string;
  private readonly socket: SocketFactory;
  private readonly timers: Timers;
  private readonly random: () => number;
  private readonly vitals: (() => Vitals) | undefined;
  private connection: Connection | null = null;
  private cancelRetry: (() => void) | null = null;
  private cancelBeat: (() => void) | null = null;
  private ended = false;
  private told: Status = "connecting";
  private readonly listeners = new Set<(status: Status) => void>();
  private readonly enders = new Set<(code: ErrorCode) => void>();
  private readonly signallers = new Set<(from: string, data: string) => void>();
  private readonly readers = new Readers();
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private readonly stop: (() => void)[];

  constructor(options: GatewayOptions) {
    this.session = new Session(options.token, options.clockOffsetMs);
    this.url = options.url ?? defaultUrl();
    this.socket = options.socket ?? browserSocket;
    this.timers = options.timers ?? browserTimers;
    this.random = options.random ?? Math.random;
    this.vitals = options.vitals;
    this.stop = [
      this.timers.every(TICK_MS, () => this.perform(this.session.tick(this.timers.now()))),
      this.timers.onWake(() => this.wake()),
    ];
    this.connect();
    this.beatLater();
  }

  get status(): Status {
    return this.session.status;
  }

  get clockOffsetMs(): number {
    return this.session.clock.offset;
  }

  get lagMs(): number {
    return this.session.lag(this.timers.now());
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
    this.readers.add(topic, handlers);
    this.perform(effects);
    let left = false;
    return () => {
      if (left) return; // whoever follows the topic by now is somebody else
      left = true;
      this.readers.remove(topic);
      this.perform(this.session.unsubscribe(topic));
    };
  }

  async scan(fact: ScanFact, patienceMs: number): Promise<VerdictGiven | NoAnswer> {
    const answer = await this.ask(this.session.scan(fact), patienceMs);
    return answer.t === "verdict" ? answer : unanswered(answer);
  }

  async undo(fact: UndoFact, patienceMs: number): Promise<UndoAnswered | NoAnswer> {
    const answer = await this.ask(this.session.undo(fact), patienceMs);
    return answer.t === "undo_answered" ? answer : unanswered(answer);
  }

  async drain(
    scans: readonly ScanFact[],
    undos: readonly UndoFact[],
    patienceMs: number,
  ): Promise<Drained | NoAnswer> {
    const answer = await this.ask(this.session.drain(scans, undos), patienceMs);
    return answer.t === "drained" ? answer : unanswered(answer);
  }

  signal(to: string, data: string): void {
    this.perform(this.session.signal(to, data));
  }

  onSignal(listener: (from: string, data: string) => void): () => void {
    this.signallers.add(listener);
    return () => this.signallers.delete(listener);
  }

  close(): void {
    this.finish();
    this.perform(this.session.closed(null, this.timers.now()));
  }

  private ask(question: Question | null, patienceMs: number): Promise<Answer> {
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
        this.reconnect(effect.pause);
        break;
      case "end":
        this.finish();
        for (const listener of this.enders) listener(effect.code);
        break;
      case "signalled":
        for (const listener of this.signallers) listener(effect.message.from, effect.message.data);
        break;
      case "answered":
        this.answer(effect.message.ref, effect.message);
        break;
      case "unanswered":
        this.answer(effect.ref, effect.code ? { t: "no_answer", code: effect.code } : { t: "no_answer" });
        break;
      default:
        this.readers.tell(effect);
    }
  }

  private answer(ref: number, answer: Answer): void {
    const resolve = this.waiting.get(ref);
    this.waiting.delete(ref);
    resolve?.(answer);
  }

  private reconnect(pause: Pause): void {
    this.abandon();
    if (this.ended) return;
    this.cancelRetry = this.timers.after(within(pause, this.random()), () => this.connect());
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

  private beat(): void {
    if (this.vitals !== undefined) this.perform(this.session.heartbeat(this.vitals()));
  }

  private beatLater(): void {
    if (this.vitals === undefined) return;
    const { from, to } = HEARTBEAT_MS;
    this.cancelBeat = this.timers.after(from + this.random() * (to - from), () => {
      this.beat();
      this.beatLater();
    });
  }

  private finish(): void {
    this.ended = true;
    this.cancelRetry?.();
    this.cancelRetry = null;
    this.cancelBeat?.();
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
    if (this.told === "live") this.beat();
    for (const listener of this.listeners) listener(this.told);
  }
}

/** An answer of another kind than the question's is none. */
function unanswered(answer: Answer): NoAnswer {
  return answer.t === "no_answer" ? answer : { t: "no_answer" };
}

function defaultUrl(): string {
  return `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws`;
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
