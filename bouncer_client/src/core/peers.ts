import type { DeviceHere } from "../../../realtime/client/protocol.gen.ts";
import type { Hint } from "./hints.ts";
import { type ChannelWord, readSignal, readWord, type SignalWord, wordsOf } from "./peer_words.ts";

/** What is to be done about a link; `session` names one attempt at a channel with one phone. */
export type PeerEffect =
  | { readonly do: "signal"; readonly to: string; readonly data: string }
  | { readonly do: "offer"; readonly session: string }
  | { readonly do: "answer" | "accept"; readonly session: string; readonly sdp: string }
  | { readonly do: "send"; readonly session: string; readonly text: string }
  | { readonly do: "close"; readonly session: string }
  /** A phone of this door says so, over the channel that the gateway's signals made with it. */
  | { readonly do: "hear"; readonly hint: Hint }
  /** A channel has opened: whatever is known here and not to the server is to be told there. */
  | { readonly do: "greet"; readonly session: string };

interface Link {
  readonly session: string;
  readonly peer: string;
  readonly since: number;
  phase: "offering" | "answering" | "accepted" | "open";
  heardAt: number;
  beatAt: number;
}

const BEAT_MS = 1_000;
/** A phone that has said nothing for so long is not near, whatever its channel looks like. */
const NEAR_MS = 3_000;
/** Its channel may come back by itself, and must while nobody can signal; if somebody can, make a new one. */
const LOST_MS = 10_000;
const OPENING_MS = 10_000;
const RETRY_MS = [2_000, 5_000, 15_000, 60_000] as const;
const OFFER_AGAIN_MS = 1_500;
/** Of a big house's phones each shares with so many to either side in the order of their ids: all of them up to 17. */
export const EITHER_SIDE = 8;

/**
 * Who shares with whom, without I/O. The server's presence names the phones of this door; of two, the one with the
 * lower id offers, so that both never do at once, and the other may ask it to. A message counts only on the channel
 * that the signals of that very phone have made. Times are monotonic milliseconds.
 */
export class Peers {
  private readonly links = new Map<string, Link>();
  private readonly retries = new Map<string, { readonly at: number; readonly failures: number }>();
  /** All phones of this door; and those of them that this one shares with, and whether the server sees them. */
  private named: ReadonlySet<string> = new Set();
  private known: ReadonlyMap<string, boolean> = new Map();

  constructor(
    private readonly me: string,
    private readonly newSession: () => string,
  ) {}

  /** Phones whose channel is open and who have been heard of just now. */
  near(now: number): number {
    return [...this.links.values()].filter((link) => isNear(link, now)).length;
  }

  /** The server says who is at the door: whoever it does not name any more is no phone of this door. */
  here(devices: readonly DeviceHere[], now: number): PeerEffect[] {
    this.named = new Set(devices.map(({ id }) => id));
    // The ring is of those who are there; a channel that is open outlives the server's sight of its phone.
    const ids = neighbours(
      this.me,
      devices.filter(({ online }) => online).map(({ id }) => id),
    );
    const before = this.known;
    const shares = ({ id, online }: DeviceHere) =>
      ids.has(id) || (!online && this.linkWith(id) !== undefined);
    this.known = new Map(devices.filter(shares).map(({ id, online }) => [id, online]));
    for (const [id, isOnline] of this.known) if (isOnline && !before.get(id)) this.retries.delete(id);
    const gone = [...this.links.values()].filter(({ peer }) => !this.known.has(peer));
    return [...gone.flatMap((link) => this.close(link)), ...this.tick(now, true)];
  }

  /** To be called a few times a second. `live`: there is a gateway that carries signals. */
  tick(now: number, live: boolean): PeerEffect[] {
    const effects = [...this.links.values()].flatMap((link) => this.look(link, now, live));
    if (!live) return effects;
    for (const [peer, isOnline] of this.known)
      if (isOnline && !this.linkWith(peer) && (this.retries.get(peer)?.at ?? 0) <= now)
        effects.push(...this.begin(peer, now));
    return effects;
  }

  /** The gateway carried a word of another phone. */
  signalled(from: string, data: string, now: number): PeerEffect[] {
    const word = readSignal(data);
    if (word === null || !this.known.has(from)) return [];
    switch (word.t) {
      case "want":
        return this.wanted(from, now);
      case "offer":
        return from < this.me ? this.offered(from, word, now) : [];
      case "answer":
        return this.answered(from, word);
    }
  }

  /** Our side of a channel, in words for the other. */
  described(session: string, sdp: string): PeerEffect[] {
    const link = this.links.get(session);
    if (link === undefined) return [];
    if (link.phase === "offering") return [signal(link.peer, { t: "offer", session, sdp })];
    return link.phase === "answering" ? [signal(link.peer, { t: "answer", session, sdp })] : [];
  }

  opened(session: string, now: number): PeerEffect[] {
    const link = this.links.get(session);
    if (link === undefined) return [];
    link.phase = "open";
    link.heardAt = link.beatAt = now;
    this.retries.delete(link.peer);
    return [{ do: "greet", session }];
  }

  closed(session: string, now: number): PeerEffect[] {
    const link = this.links.get(session);
    if (link === undefined) return [];
    this.later(link.peer, now);
    return this.close(link);
  }

  received(session: string, text: string, now: number): PeerEffect[] {
    const link = this.links.get(session);
    if (link?.phase !== "open") return [];
    link.heardAt = now;
    const word = readWord(text);
    if (word?.t !== "hints") return [];
    return word.hints.filter((hint) => this.isOfThisDoor(hint)).map((hint) => ({ do: "hear", hint }));
  }

  /** Tell hints to every phone that has a channel, or to one. */
  tell(hints: readonly Hint[], session?: string): PeerEffect[] {
    const open = [...this.links.values()].filter((link) => link.phase === "open");
    const to = session === undefined ? open : open.filter((link) => link.session === session);
    return wordsOf(hints).flatMap((text) =>
      to.map((link) => ({ do: "send", session: link.session, text }) as const),
    );
  }

  end(): PeerEffect[] {
    return [...this.links.values()].flatMap((link) => this.close(link));
  }

  private look(link: Link, now: number, live: boolean): PeerEffect[] {
    const isOpen = link.phase === "open";
    const isLost = now - link.heardAt > LOST_MS && live && this.known.get(link.peer) === true;
    if (isOpen ? isLost : now - link.since > OPENING_MS) {
      this.later(link.peer, now);
      return this.close(link);
    }
    if (!isOpen || now - link.beatAt < BEAT_MS) return [];
    link.beatAt = now;
    return [{ do: "send", session: link.session, text: JSON.stringify({ t: "beat" } satisfies ChannelWord) }];
  }

  private begin(peer: string, now: number): PeerEffect[] {
    if (this.me < peer) return this.offer(peer, now);
    this.later(peer, now);
    return [signal(peer, { t: "want" })];
  }

  private offer(peer: string, now: number): PeerEffect[] {
    const session = this.newSession();
    this.keep({ session, peer, phase: "offering" }, now);
    return [{ do: "offer", session }];
  }

  /** It has lost what we may still take for a channel; or our offer went by while it was not there. */
  private wanted(from: string, now: number): PeerEffect[] {
    const link = this.linkWith(from);
    if (from < this.me || (link !== undefined && now - link.since < OFFER_AGAIN_MS)) return [];
    return [...(link === undefined ? [] : this.close(link)), ...this.offer(from, now)];
  }

  private offered(
    peer: string,
    { session, sdp }: { session: string; sdp: string },
    now: number,
  ): PeerEffect[] {
    if (this.links.has(session)) return [];
    const link = this.linkWith(peer);
    const effects = link === undefined ? [] : this.close(link);
    this.keep({ session, peer, phase: "answering" }, now);
    return [...effects, { do: "answer", session, sdp }];
  }

  private answered(from: string, { session, sdp }: { session: string; sdp: string }): PeerEffect[] {
    const link = this.links.get(session);
    if (link?.peer !== from || link.phase !== "offering") return [];
    link.phase = "accepted";
    return [{ do: "accept", session, sdp }];
  }

  /** Of the phone that says it, or of another that the server names. What we did ourselves, we know better. */
  private isOfThisDoor({ by }: Hint): boolean {
    return by !== this.me && this.named.has(by);
  }

  private keep(link: Pick<Link, "session" | "peer" | "phase">, now: number): void {
    this.links.set(link.session, { ...link, since: now, heardAt: now, beatAt: now });
  }

  private close(link: Link): PeerEffect[] {
    this.links.delete(link.session);
    return [{ do: "close", session: link.session }];
  }

  private later(peer: string, now: number): void {
    const failures = this.retries.get(peer)?.failures ?? 0;
    const pause = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)] ?? 0;
    this.retries.set(peer, { at: now + pause, failures: failures + 1 });
  }

  private linkWith(peer: string): Link | undefined {
    return [...this.links.values()].find((link) => link.peer === peer);
  }
}

/** Both phones of a pair come to the same answer by themselves: the ring of these ids is the same to everybody. */
export function neighbours(me: string, ids: readonly string[]): ReadonlySet<string> {
  const ring = [...new Set([...ids, me])].sort();
  const place = ring.indexOf(me);
  return new Set(
    ring.filter((_, i) => {
      const apart = Math.abs(i - place);
      return apart > 0 && Math.min(apart, ring.length - apart) <= EITHER_SIDE;
    }),
  );
}

function isNear({ phase, heardAt }: Link, now: number): boolean {
  return phase === "open" && now - heardAt <= NEAR_MS;
}

function signal(to: string, word: SignalWord): PeerEffect {
  return { do: "signal", to, data: JSON.stringify(word) };
}
