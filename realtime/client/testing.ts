import type { Connection, SocketEvents, SocketFactory, Timers } from "./browser.ts";
import { type Gateway, openGateway } from "./gateway.ts";
import type { ClientMessage, ServerMessage } from "./protocol.gen.ts";
import type { Moment } from "./server_clock.ts";

/** Time that moves only when told to: the fake of `browserTimers`, for tests. */
export class FakeTimers implements Timers {
  /** How far the device's clock is from its own monotonic one. */
  wallStartsAt = 1_700_000_000_000;
  private elapsed = 0;
  private readonly due = new Set<{ at: number; run: () => void; every?: number }>();
  private readonly wakers = new Set<() => void>();

  now(): Moment {
    return { wall: this.wallStartsAt + this.elapsed, monotonic: this.elapsed };
  }

  after(ms: number, run: () => void): () => void {
    return this.add({ at: this.elapsed + ms, run });
  }

  every(ms: number, run: () => void): () => void {
    return this.add({ at: this.elapsed + ms, run, every: ms });
  }

  onWake(run: () => void): () => void {
    this.wakers.add(run);
    return () => this.wakers.delete(run);
  }

  /** Let time pass, running everything that falls due, in order. */
  pass(ms: number): void {
    const end = this.elapsed + ms;
    for (let next = this.next(end); next !== undefined; next = this.next(end)) {
      this.elapsed = Math.max(this.elapsed, next.at);
      if (next.every === undefined) this.due.delete(next);
      else next.at += next.every;
      next.run();
    }
    this.elapsed = end;
  }

  /** The page is frozen: time passes, nothing runs, and everything overdue runs once afterwards. */
  sleep(ms: number): void {
    this.elapsed += ms;
    for (const timer of [...this.due].filter(({ at }) => at <= this.elapsed)) {
      if (timer.every === undefined) this.due.delete(timer);
      else timer.at = this.elapsed + timer.every;
      timer.run();
    }
  }

  wake(): void {
    for (const run of this.wakers) run();
  }

  private add(timer: { at: number; run: () => void; every?: number }): () => void {
    this.due.add(timer);
    return () => this.due.delete(timer);
  }

  private next(end: number) {
    return [...this.due].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
  }
}

/** One connection as the fake server sees it. */
export class FakeConnection implements Connection {
  readonly received: ClientMessage[] = [];
  abandoned = false;

  constructor(private readonly events: SocketEvents) {}

  send(text: string): void {
    this.received.push(JSON.parse(text) as ClientMessage);
  }

  abandon(): void {
    this.abandoned = true;
  }

  say(message: ServerMessage): void {
    this.sayText(JSON.stringify(message));
  }

  sayText(text: string): void {
    if (!this.abandoned) this.events.message(text);
  }

  close(code: number): void {
    if (!this.abandoned) this.events.closed(code);
  }

  /** The newest message of this kind that arrived here. */
  last<T extends ClientMessage["t"]>(t: T): Extract<ClientMessage, { t: T }> {
    const found = this.received.filter((message) => message.t === t).at(-1);
    if (found === undefined) throw new Error(`no ${t} arrived`);
    return found as Extract<ClientMessage, { t: T }>;
  }

  count(t: ClientMessage["t"]): number {
    return this.received.filter((message) => message.t === t).length;
  }
}

/** A server in three lines: it keeps its connections, and says what the test makes it say. */
export class FakeServer {
  readonly connections: FakeConnection[] = [];
  /** Refuse connections instead of accepting them. */
  isDown = false;

  readonly socket: SocketFactory = (_url, _subprotocol, events) => {
    const connection = new FakeConnection(events);
    this.connections.push(connection);
    if (this.isDown) queueMicrotask(() => connection.close(1006));
    return connection;
  };

  get connection(): FakeConnection {
    const newest = this.connections.at(-1);
    if (newest === undefined) throw new Error("nobody has connected");
    return newest;
  }

  welcome(serverTime = 1_700_000_000_000): void {
    this.connection.say({ t: "welcome", version: 1, connection: "c", server_time: serverTime });
  }

  pong(serverTime: number, seqs: Record<string, number> = {}): void {
    const { ref, at } = this.connection.last("ping");
    this.connection.say({ t: "pong", ref, at, server_time: serverTime, seqs });
  }

  join(seq: number, resumed: boolean, epoch = "e1"): void {
    const { ref, topic } = this.connection.last("subscribe");
    this.connection.say({ t: "joined", ref, topic, epoch, seq, resumed });
  }
}

/** A gateway between a server and a clock that do as the test says; chance is always a half unless the test brings its own. */
export class Bench {
  readonly server = new FakeServer();
  readonly timers = new FakeTimers();

  constructor(private readonly random: () => number = () => 0.5) {}

  open(token?: string): Gateway {
    const { server, timers, random } = this;
    const options = { url: "ws://x/ws", socket: server.socket, timers, random };
    return openGateway(token === undefined ? options : { ...options, token });
  }

  /** A gateway that the server has welcomed. */
  live(): Gateway {
    const gateway = this.open();
    this.server.welcome();
    return gateway;
  }

  get connection(): FakeConnection {
    return this.server.connection;
  }

  /** Pong every ping while time passes. */
  passAnswered(ms: number, seqs: Record<string, number> = {}): void {
    for (let passed = 0; passed < ms; passed += 500) {
      this.timers.pass(500);
      this.server.pong(this.timers.now().wall, seqs);
    }
  }
}
