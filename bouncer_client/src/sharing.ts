import type { Gateway, Timers } from "../../realtime/client/gateway.ts";
import type { DeviceHere } from "../../realtime/client/protocol.gen.ts";
import type { Links, OpenLinks } from "./adapters/rtc.ts";
import type { Book } from "./core/book.ts";
import type { Hint } from "./core/hints.ts";
import { type PeerEffect, Peers } from "./core/peers.ts";

export interface SharingParts {
  readonly me: string;
  readonly gateway: Gateway;
  readonly timers: Timers;
  readonly book: Book;
  /** Null where the browser cannot: then nothing is shared, and all else is the same. */
  readonly links: OpenLinks | null;
  newSession(): string;
  /** What the book says, or how many phones are near, has changed. */
  changed(): void;
}

const TICK_MS = 500;
/** Scans of this phone that others are told of when they come: of more, the newest. */
const MOST_OWN = 5_000;

/** The phones of one door tell each other whom they let in, server or none. Performs what `core/peers.ts` decides. */
export class Sharing {
  private readonly peers: Peers;
  private readonly links: Links | null;
  /** By scan: what this phone did, as long as the log may not have told it. */
  private readonly own = new Map<string, Hint>();
  private told = 0;

  constructor(private readonly parts: SharingParts) {
    this.peers = new Peers(parts.me, parts.newSession);
    this.links =
      parts.links?.({
        described: (session, sdp) => this.perform(this.peers.described(session, sdp)),
        opened: (session) => this.perform(this.peers.opened(session, this.now)),
        received: (session, text) => this.perform(this.peers.received(session, text, this.now)),
        closed: (session) => this.perform(this.peers.closed(session, this.now)),
      }) ?? null;
  }

  /** Phones that this one can talk to right now, whatever becomes of the server. */
  get nearby(): number {
    return this.peers.near(this.now);
  }

  /** Returns the way to stop. */
  start(): () => void {
    if (this.links === null) return () => {};
    const { gateway, timers } = this.parts;
    const stops = [
      gateway.onSignal((from, data) => this.perform(this.peers.signalled(from, data, this.now))),
      timers.every(TICK_MS, () => this.perform(this.peers.tick(this.now, this.isLive))),
    ];
    return () => {
      for (const stop of stops) stop();
      this.perform(this.peers.end());
    };
  }

  /** The server says who is at the door. */
  here(devices: readonly DeviceHere[]): void {
    if (this.links !== null) this.perform(this.peers.here(devices, this.now));
    const done = devices.filter(({ online, unsent }) => online && unsent === 0);
    const cleared = done.map(({ id }) => this.parts.book.owesNothing(id, this.now));
    if (cleared.includes(true)) this.parts.changed();
  }

  /** This phone let a ticket in, or took that back: everybody near is told at once. */
  tell(hint: Hint): void {
    this.remember(hint);
    this.perform(this.peers.tell([hint]));
  }

  /** An earlier life of this phone did so: whoever comes is told. */
  remember(hint: Hint): void {
    this.own.set(hint.scan_id, hint);
    const [oldest] = this.own.keys();
    if (this.own.size > MOST_OWN && oldest !== undefined) this.own.delete(oldest);
  }

  private get now(): number {
    return this.parts.timers.now().monotonic;
  }

  private get isLive(): boolean {
    return this.parts.gateway.status === "live";
  }

  private perform(effects: readonly PeerEffect[]): void {
    for (const effect of effects) this.performOne(effect);
    if (this.nearby === this.told) return;
    this.told = this.nearby;
    this.parts.changed();
  }

  private performOne(effect: PeerEffect): void {
    switch (effect.do) {
      case "signal":
        this.parts.gateway.signal(effect.to, effect.data);
        break;
      case "offer":
        this.links?.offer(effect.session);
        break;
      case "answer":
        this.links?.answer(effect.session, effect.sdp);
        break;
      case "accept":
        this.links?.accept(effect.session, effect.sdp);
        break;
      case "send":
        this.links?.send(effect.session, effect.text);
        break;
      case "close":
        this.links?.close(effect.session);
        break;
      case "greet":
        this.perform(this.peers.tell(this.untold(), effect.session));
        break;
      case "hear":
        if (this.parts.book.hear(effect.hint, this.now)) this.parts.changed();
        break;
      default:
        effect satisfies never;
    }
  }

  private untold(): Hint[] {
    const { book } = this.parts;
    for (const [scan, { anchor, undone }] of this.own)
      if (!undone && book.isTold(anchor)) this.own.delete(scan);
    return [...this.own.values(), ...book.heard];
  }
}
