import type {
  Authenticate,
  ClientMessage,
  ErrorCode,
  Joined,
  Pong,
  RequestRefused,
  ScanFact,
  ServerMessage,
  TopicClosed,
  TopicFact,
  TopicSnapshot,
  TopicState,
  VerdictGiven,
} from "./protocol.gen.ts";
import { type Moment, ServerClock } from "./server_clock.ts";
import { Following, type Place } from "./topic.ts";

export type Status = "connecting" | "live" | "offline";

/** What the reader of a topic is to be told. */
export type Delivery =
  | { readonly do: "snapshot"; readonly message: TopicSnapshot }
  | { readonly do: "fact"; readonly message: TopicFact }
  | { readonly do: "state"; readonly message: TopicState }
  | { readonly do: "resumed"; readonly topic: string; readonly missed: number }
  | { readonly do: "closed"; readonly topic: string; readonly code: ErrorCode };

export type Effect =
  | Delivery
  | { readonly do: "send"; readonly message: ClientMessage }
  /** This socket is of no more use: leave it and open another. */
  | { readonly do: "reconnect" }
  /** Leave the socket and open no other, for this reason. */
  | { readonly do: "end"; readonly code: ErrorCode }
  /** The connection has answered: the next loss is a first one again. */
  | { readonly do: "proven" }
  | { readonly do: "answered"; readonly message: VerdictGiven }
  | { readonly do: "unanswered"; readonly ref: number; readonly code?: ErrorCode };

export const PING_EVERY_MS = 1_500;
/** A socket may look open for ever: silence is what tells. */
export const SILENCE_MS = 3_000;
const CONNECT_MS = 8_000;
const RETRY_TOPIC_MS = 2_000;
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
  private readonly following = new Map<string, Following>();
  /** What each question was about, by its ref. */
  private readonly joins = new Map<number, string>();
  private readonly scans = new Set<number>();
  private readonly retryAt = new Map<string, number>();
  private authenticateRef: number | null = null;
  private heardAt = 0;
  private pingedAt = 0;
  private tickedAt = 0;
  private notLiveSince: number | null = null;

  constructor(
    private readonly token: string | undefined,
    clockOffsetMs = 0,
  ) {
    this.clock = new ServerClock(clockOffsetMs);
  }

  /** A socket is being opened. */
  opening(now: Moment): void {
    this.phase = "opening";
    this.heardAt = this.tickedAt = now.monotonic;
    this.notLiveSince ??= now.monotonic;
  }

  receive(message: ServerMessage, now: Moment): Effect[] {
    this.heardAt = now.monotonic;
    switch (message.t) {
      case "welcome":
        this.clock.guess(message.server_time, now.wall);
        return this.token === undefined ? this.ready(now) : this.authenticate(this.token);
      case "authenticated":
        return message.ref === this.authenticateRef ? this.ready(now) : [];
      case "pong":
        return this.pong(message, now);
      case "joined":
        return this.joined(message);
      case "left":
        return [];
      case "snapshot":
        return this.snapshot(message);
      case "fact":
        return this.fact(message);
      case "state":
        return this.following.get(message.topic)?.state(message) ? [{ do: "state", message }] : [];
      case "verdict":
        return this.scans.delete(message.ref) ? [{ do: "answered", message }] : [];
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
    this.phase = "closed";
    this.notLiveSince ??= now.monotonic;
    const unanswered = this.forgetQuestions();
    for (const topic of this.following.values()) topic.lost();
    if (code !== null && code >= DO_NOT_RECONNECT.from && code <= DO_NOT_RECONNECT.to)
      return [...unanswered, ...this.end(this.reasonFor(code))];
    // A clean close is mostly a server that restarts: it is only offline when the next try fails too.
    this.status = wasLive && code !== null ? "connecting" : "offline";
    return [...unanswered, { do: "reconnect" }];
  }

  /** To be called a few times a second. */
  tick(now: Moment): Effect[] {
    const late = now.monotonic - this.tickedAt > SILENCE_MS / 2;
    this.tickedAt = now.monotonic;
    if (this.status === "connecting" && now.monotonic - (this.notLiveSince ?? now.monotonic) > SILENCE_MS)
      this.status = "offline";
    if (this.phase === "closed" || this.phase === "ended") return [];
    if (this.phase !== "ready") return this.hasBeenSilentFor(CONNECT_MS, now) ? this.closed(null, now) : [];
    if (late) return this.woken(now);
    if (this.hasBeenSilentFor(SILENCE_MS, now)) return this.closed(null, now);
    const ping = now.monotonic - this.pingedAt >= PING_EVERY_MS ? [this.ping(now)] : [];
    return [...ping, ...this.retries(now)];
  }

  subscribe(topic: string, resume?: Place): Effect[] {
    if (this.following.has(topic)) throw new Error(`${topic} is followed already`);
    const following = new Following(topic, resume);
    this.following.set(topic, following);
    return this.phase === "ready" ? [this.join(following)] : [];
  }

  unsubscribe(topic: string): Effect[] {
    if (!this.forget(topic) || this.phase !== "ready") return [];
    return [{ do: "send", message: { t: "unsubscribe", ref: this.nextRef(), topic } }];
  }

  /** Ask about a scan. Null while there is nobody to ask. */
  scan(scan: ScanFact): { readonly ref: number; readonly effects: Effect[] } | null {
    if (this.phase !== "ready") return null;
    const ref = this.nextRef();
    this.scans.add(ref);
    return { ref, effects: [{ do: "send", message: { t: "scan", ref, scan } }] };
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

  private hasBeenSilentFor(ms: number, now: Moment): boolean {
    return now.monotonic - this.heardAt >= ms;
  }

  /** The page slept: its silence says nothing about the server. Ask now, and leave half the time to answer. */
  private woken(now: Moment): Effect[] {
    this.heardAt = Math.max(this.heardAt, now.monotonic - SILENCE_MS / 2);
    return [this.ping(now)];
  }

  private ping(now: Moment): Effect {
    this.pingedAt = now.monotonic;
    return { do: "send", message: { t: "ping", ref: this.nextRef(), at: Math.max(0, Math.round(now.wall)) } };
  }

  private pong(message: Pong, now: Moment): Effect[] {
    this.clock.learn(message.server_time, message.at, now.wall);
    const behind = [...this.following.values()].filter((topic) => topic.isBehind(message, now.monotonic));
    return [{ do: "proven" }, ...this.resumptions(message), ...behind.map((topic) => this.join(topic))];
  }

  private resumptions(message: Pong): Effect[] {
    return [...this.following.values()].flatMap((following) => {
      const missed = following.caughtUp(message);
      return missed === null ? [] : [{ do: "resumed", topic: following.topic, missed } as const];
    });
  }

  private refused({ ref, code }: RequestRefused, now: Moment): Effect[] {
    if (ref === null) return [];
    if (ref === this.authenticateRef) return code === "unavailable" ? this.closed(null, now) : this.end(code);
    if (this.scans.delete(ref)) return [{ do: "unanswered", ref, code }];
    const topic = this.joins.get(ref);
    this.joins.delete(ref);
    if (topic === undefined) return [];
    if (code !== "unavailable") return this.forget(topic) ? [{ do: "closed", topic, code }] : [];
    this.retryAt.set(topic, now.monotonic + RETRY_TOPIC_MS);
    return [];
  }

  private forgetQuestions(): Effect[] {
    const unanswered = [...this.scans].map((ref) => ({ do: "unanswered", ref }) as const);
    this.scans.clear();
    this.joins.clear();
    this.retryAt.clear();
    this.authenticateRef = null;
    return unanswered;
  }

  // --- the topics ---

  private join(topic: Following): Effect {
    const message = topic.join(this.nextRef());
    this.joins.set(message.ref, topic.topic);
    return { do: "send", message };
  }

  private joined(message: Joined): Effect[] {
    // An answer to an earlier join of the same topic is late: the newer one's follows.
    if (!this.joins.delete(message.ref) || [...this.joins.values()].includes(message.topic)) return [];
    this.following.get(message.topic)?.joined(message);
    return [];
  }

  private snapshot(message: TopicSnapshot): Effect[] {
    const following = this.following.get(message.topic);
    following?.snapshot(message);
    return following === undefined ? [] : [{ do: "snapshot", message }];
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
    return this.forget(topic) ? [{ do: "closed", topic, code }] : [];
  }

  private retries(now: Moment): Effect[] {
    const due = [...this.retryAt].filter(([, at]) => at <= now.monotonic).map(([topic]) => topic);
    return due.flatMap((topic) => {
      this.retryAt.delete(topic);
      const following = this.following.get(topic);
      return following === undefined ? [] : [this.join(following)];
    });
  }

  private forget(topic: string): boolean {
    this.retryAt.delete(topic);
    return this.following.delete(topic);
  }

  private nextRef(): number {
    this.ref += 1;
    return this.ref;
  }
}
