import { CROWD_MS, type Pause, pauseAfter } from "./backoff.ts";
import type { Effect, Question, Status, Vitals } from "./effects.ts";
import { type Beat, Heart, SILENCE_MS } from "./heart.ts";
import type {
  Authenticate,
  ClientMessage,
  ErrorCode,
  Heartbeat,
  Joined,
  Pong,
  RequestRefused,
  ScanFact,
  ServerMessage,
  TopicClosed,
  TopicFact,
  UndoFact,
} from "./protocol.gen.ts";
import { type Moment, ServerClock } from "./server_clock.ts";
import { carriesFacts, Following, type Place } from "./topic.ts";

const DO_NOT_RECONNECT = { from: 4500, to: 4999 } as const;
const NOT_AUTHORISED = 4500;

type Phase = "closed" | "opening" | "authenticating" | "ready" | "ended";

/**
 * The client's side of `ngn.v1`, without I/O: messages, time and wishes go in, effects come out.
 * What it follows outlives the connection: each new one joins again from where the last one stood.
 */
export class Session {
  status: Status = "connecting";
  readonly clock: ServerClock;
  private phase: Phase = "closed";
  private ref = 0;
  private readonly heart = new Heart();
  private readonly following = new Map<string, Following>();
  /** Scans, undos and drains that wait for their answers. */
  private readonly questions = new Set<number>();
  private authenticateRef: number | null = null;
  private notLiveSince: number | null = null;
  /** Connections in a row that brought no answer. */
  private failures = 0;
  private crowdMs = 0;
  private askedMs: number | null = null;

  constructor(
    private readonly token: string | undefined,
    clockOffsetMs = 0,
  ) {
    this.clock = new ServerClock(clockOffsetMs);
  }

  /** A socket is being opened. */
  opening(now: Moment): void {
    this.phase = "opening";
    this.heart.opening(now.monotonic);
    this.notLiveSince ??= now.monotonic;
  }

  receive(message: ServerMessage, now: Moment): Effect[] {
    this.heart.heard(now.monotonic);
    switch (message.t) {
      case "welcome":
        this.clock.guess(message.server_time, now.wall);
        return this.token === undefined ? this.ready(now) : this.authenticate(this.token);
      case "going_away":
        this.askedMs = message.after_ms;
        return [];
      case "authenticated":
        return message.ref === this.authenticateRef ? this.ready(now) : [];
      case "pong":
        return this.pong(message, now);
      case "joined":
        return this.joined(message);
      case "left":
        return [];
      case "snapshot":
        return this.following.get(message.topic)?.snapshot(message) ? [{ do: "snapshot", message }] : [];
      case "fact":
        return this.fact(message);
      case "state":
        return this.following.get(message.topic)?.state(message) ? [{ do: "state", message }] : [];
      case "presence":
        return this.following.get(message.topic)?.isOpen() ? [{ do: "presence", message }] : [];
      case "verdict":
      case "undo_answered":
      case "drained":
        return this.questions.delete(message.ref) ? [{ do: "answered", message }] : [];
      case "signalled":
        return [{ do: "signalled", message }];
      case "request_refused":
        return this.refused(message, now);
      case "topic_closed":
        return this.topicClosed(message);
      default:
        // A newer server may say more than we know: a client ignores it.
        message satisfies never;
        return [];
    }
  }

  /** The socket closed with this code, or (null) we gave it up. */
  closed(code: number | null, now: Moment): Effect[] {
    if (this.phase === "ended") return [];
    const wasLive = this.status === "live";
    const wasHeard = this.phase === "authenticating" || this.phase === "ready";
    this.phase = "closed";
    this.notLiveSince ??= now.monotonic;
    const unanswered = this.forgetQuestions();
    for (const topic of this.following.values()) topic.lost();
    if (code !== null && code >= DO_NOT_RECONNECT.from && code <= DO_NOT_RECONNECT.to)
      return [...unanswered, ...this.end(this.reasonFor(code))];
    // A clean close is mostly a server that restarts: it is only offline when the next try fails too.
    this.status = wasLive && code !== null ? "connecting" : "offline";
    // And it closes on everybody at once, while silence may well be our own network's.
    if (wasHeard) this.crowdMs = code === null ? 0 : this.crowd;
    return [...unanswered, { do: "reconnect", pause: this.pause() }];
  }

  /** To be called a few times a second. */
  tick(now: Moment): Effect[] {
    if (this.status === "connecting" && now.monotonic - (this.notLiveSince ?? now.monotonic) > SILENCE_MS)
      this.status = "offline";
    if (this.phase === "closed" || this.phase === "ended") return [];
    const ready = this.phase === "ready";
    const beat = ready ? this.beat(now) : this.heart.beatBeforeReady(now.monotonic);
    if (beat === "give_up") return this.closed(null, now);
    const due = [...this.following.values()].filter((topic) => topic.mustAskAgain(now.monotonic));
    return [...(beat === "ping" ? [this.ping(now)] : []), ...due.map((topic) => this.join(topic))];
  }

  private beat(now: Moment): Beat {
    const longMessage = [...this.following.values()].some(({ expectsSnapshot }) => expectsSnapshot);
    return this.heart.beat(now.monotonic, longMessage);
  }

  subscribe(topic: string, resume?: Place): Effect[] {
    if (this.following.has(topic)) throw new Error(`${topic} is followed already`);
    const following = new Following(topic, resume);
    this.following.set(topic, following);
    return this.phase === "ready" ? [this.join(following)] : [];
  }

  unsubscribe(topic: string): Effect[] {
    if (!this.following.delete(topic) || this.phase !== "ready") return [];
    return [{ do: "send", message: { t: "unsubscribe", ref: this.nextRef(), topic } }];
  }

  /** Ask about a scan. Null while there is nobody to ask. */
  scan(scan: ScanFact): Question | null {
    return this.ask((ref) => ({ t: "scan", ref, scan }));
  }

  /** Tell that an admission was taken back. Null while there is nobody to tell. */
  undo(undo: UndoFact): Question | null {
    return this.ask((ref) => ({ t: "undo", ref, undo }));
  }

  /** Tell part of a journal. Null while there is nobody to tell. */
  drain(scans: readonly ScanFact[], undos: readonly UndoFact[]): Question | null {
    return this.ask((ref) => ({ t: "drain", ref, scans: [...scans], undos: [...undos] }));
  }

  /** A word to another phone of this door: at most once, and only if somebody carries it. */
  signal(to: string, data: string): Effect[] {
    if (this.phase !== "ready") return [];
    return [{ do: "send", message: { t: "signal", ref: this.nextRef(), to, data } }];
  }

  private ask(message: (ref: number) => ClientMessage): Question | null {
    if (this.phase !== "ready") return null;
    const ref = this.nextRef();
    this.questions.add(ref);
    return { ref, effects: [{ do: "send", message: message(ref) }] };
  }

  /** Tell how this phone is, if there is somebody to tell. */
  heartbeat(vitals: Vitals): Effect[] {
    if (this.phase !== "ready" || this.token === undefined) return [];
    const door = [...this.following.values()].find(({ topic }) => topic.startsWith("door:"));
    const message: Heartbeat = { t: "heartbeat", ref: this.nextRef(), ...vitals, seq: door?.known ?? null };
    return [{ do: "send", message }];
  }

  /** How long the server's word takes at the moment, in milliseconds. */
  lag(now: Moment): number {
    return this.heart.lag(now.monotonic);
  }

  // --- the connection ---

  private authenticate(token: string): Effect[] {
    this.phase = "authenticating";
    const message: Authenticate = { t: "authenticate", ref: this.nextRef(), token };
    this.authenticateRef = message.ref;
    return [{ do: "send", message }];
  }

  private ready(now: Moment): Effect[] {
    this.phase = "ready";
    this.status = "live";
    this.notLiveSince = null;
    this.authenticateRef = null;
    // The ping goes last: its pong follows all that the joins bring, and tells that this was all.
    return [...[...this.following.values()].map((topic) => this.join(topic)), this.ping(now)];
  }

  private end(code: ErrorCode): Effect[] {
    this.phase = "ended";
    this.status = "offline";
    const closed = [...this.following.keys()].map((topic) => ({ do: "closed", topic, code }) as const);
    this.following.clear();
    return [{ do: "end", code }, ...closed];
  }

  private reasonFor(code: number): ErrorCode {
    if (code !== NOT_AUTHORISED) return "malformed";
    return this.token === undefined ? "topic_forbidden" : "token_invalid";
  }

  private get crowd(): number {
    const isUrgent = this.token !== undefined || [...this.following.keys()].some(carriesFacts);
    return isUrgent ? CROWD_MS.facts : CROWD_MS.state;
  }

  private pause(): Pause {
    const { failures, crowdMs, askedMs } = this;
    this.failures += 1;
    this.askedMs = null;
    return pauseAfter({ failures, crowdMs, askedMs });
  }

  private ping(now: Moment): Effect {
    this.heart.pinged(now.monotonic);
    return { do: "send", message: { t: "ping", ref: this.nextRef(), at: Math.max(0, Math.round(now.wall)) } };
  }

  private pong(message: Pong, now: Moment): Effect[] {
    this.clock.learn(message.server_time, message.at, now.wall);
    // An answer proves the connection good: the next loss is a first one again.
    this.failures = this.crowdMs = 0;
    const behind = [...this.following.values()].filter((topic) => topic.isBehind(message, now.monotonic));
    return [...this.resumptions(message), ...behind.map((topic) => this.join(topic))];
  }

  private resumptions(message: Pong): Effect[] {
    return [...this.following.values()].flatMap((following) => {
      const missed = following.caughtUp(message);
      return missed === null ? [] : [{ do: "resumed", topic: following.topic, missed } as const];
    });
  }

  private refused(message: RequestRefused, now: Moment): Effect[] {
    const { ref, code } = message;
    if (ref === null) return [];
    if (ref === this.authenticateRef) return code === "unavailable" ? this.closed(null, now) : this.end(code);
    if (this.questions.delete(ref)) return [{ do: "unanswered", ref, code }];
    const following = this.waitingFor(message);
    if (following === undefined) return [];
    if (code !== "unavailable") return this.close(following.topic, code);
    following.unavailable(now.monotonic);
    return [];
  }

  private forgetQuestions(): Effect[] {
    const unanswered = [...this.questions].map((ref) => ({ do: "unanswered", ref }) as const);
    this.questions.clear();
    this.authenticateRef = null;
    return unanswered;
  }

  // --- the topics ---

  private join(topic: Following): Effect {
    return { do: "send", message: topic.join(this.nextRef()) };
  }

  private waitingFor(message: Joined | RequestRefused): Following | undefined {
    return [...this.following.values()].find((topic) => topic.awaits(message));
  }

  private joined(message: Joined): Effect[] {
    this.waitingFor(message)?.joined(message);
    return [];
  }

  private fact(message: TopicFact): Effect[] {
    const following = this.following.get(message.topic);
    switch (following?.fact(message)) {
      case "next":
        return [{ do: "fact", message }];
      case "hole":
        return following === undefined ? [] : [this.join(following)];
      default:
        return [];
    }
  }

  private topicClosed({ topic, code }: TopicClosed): Effect[] {
    return this.following.get(topic)?.isOpen() ? this.close(topic, code) : [];
  }

  private close(topic: string, code: ErrorCode): Effect[] {
    this.following.delete(topic);
    return [{ do: "closed", topic, code }];
  }

  private nextRef(): number {
    this.ref += 1;
    return this.ref;
  }
}
