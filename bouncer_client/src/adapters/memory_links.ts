import type { LinkEvents, Links, OpenLinks } from "./rtc.ts";

interface End {
  readonly events: LinkEvents;
  readonly session: string;
  other: End | null;
  isOpen: boolean;
}

/** One local network, for tests: the fake of WebRTC. Everything arrives a moment later, in order. */
export class MemoryAir {
  private readonly ends = new Map<string, End>();
  private count = 0;
  /** The network is cut: what is said is lost, and nobody is told. */
  isCut = false;

  readonly links: OpenLinks = (events) => new MemoryLinks(this, events);

  begin(events: LinkEvents, session: string): [End, string] {
    const name = `end ${++this.count}`;
    const end = { events, session, other: null, isOpen: false };
    this.ends.set(name, end);
    return [end, name];
  }

  at(name: string): End | undefined {
    return this.ends.get(name);
  }

  join(a: End, b: End): void {
    [a.other, b.other] = [b, a];
    for (const end of [a, b])
      this.soon(() => {
        end.isOpen = true;
        end.events.opened(end.session);
      });
  }

  soon(run: () => void): void {
    queueMicrotask(() => {
      if (!this.isCut) run();
    });
  }
}

class MemoryLinks implements Links {
  private readonly held = new Map<string, End>();

  constructor(
    private readonly air: MemoryAir,
    private readonly events: LinkEvents,
  ) {}

  offer(session: string): void {
    this.begin(session);
  }

  answer(session: string, sdp: string): void {
    const offerer = this.air.at(sdp);
    if (offerer === undefined) this.air.soon(() => this.events.closed(session));
    else this.begin(session).other = offerer;
  }

  accept(session: string, sdp: string): void {
    const [end, answerer] = [this.held.get(session), this.air.at(sdp)];
    if (end === undefined) return;
    if (answerer?.other === end) this.air.join(end, answerer);
    else this.air.soon(() => this.lost(end));
  }

  send(session: string, text: string): void {
    const other = this.held.get(session)?.other;
    this.air.soon(() => {
      if (other?.isOpen) other.events.received(other.session, text);
    });
  }

  close(session: string): void {
    const end = this.held.get(session);
    this.held.delete(session);
    if (end === undefined) return;
    end.isOpen = false;
    const { other } = end;
    this.air.soon(() => {
      if (!other?.isOpen) return;
      other.isOpen = false;
      other.events.closed(other.session);
    });
  }

  private begin(session: string): End {
    const [end, name] = this.air.begin(this.events, session);
    this.held.set(session, end);
    this.air.soon(() => {
      if (this.held.get(session) === end) this.events.described(session, name);
    });
    return end;
  }

  private lost(end: End): void {
    if (!this.held.delete(end.session)) return;
    this.events.closed(end.session);
  }
}
