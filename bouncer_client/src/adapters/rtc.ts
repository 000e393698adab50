/** What a link tells; `session` is the name that was given to it. */
export interface LinkEvents {
  /** Our side in words: to be carried to the other, once. */
  described(session: string, sdp: string): void;
  opened(session: string): void;
  received(session: string, text: string): void;
  /** The link is gone, or never came to be. Not told of links that we closed ourselves. */
  closed(session: string): void;
}

/** Channels to other phones, straight over the local network: each keeps its messages whole and in order. */
export interface Links {
  /** Begin a link: the other side answers. */
  offer(session: string): void;
  /** Begin the other side of a link that was offered. */
  answer(session: string, sdp: string): void;
  /** The answer has come. */
  accept(session: string, sdp: string): void;
  send(session: string, text: string): void;
  close(session: string): void;
}

export type OpenLinks = (events: LinkEvents) => Links;

/** Addresses of a local network are found at once; one that still looks after this has found what it will. */
const GATHERING_MS = 1_000;
/** A phone that takes nothing in is not sent more: its channel is given up. */
const MOST_WAITING_BYTES = 4_000_000;

interface Held {
  readonly connection: RTCPeerConnection;
  readonly channel: RTCDataChannel;
}

/** Null where the browser has no WebRTC: then phones know of each other only through the server. */
export function rtcLinks(): OpenLinks | null {
  return typeof RTCPeerConnection === "undefined" ? null : (events) => new RtcLinks(events);
}

class RtcLinks implements Links {
  private readonly held = new Map<string, Held>();

  constructor(private readonly events: LinkEvents) {}

  offer(session: string): void {
    void this.describe(session, null);
  }

  answer(session: string, sdp: string): void {
    void this.describe(session, sdp);
  }

  accept(session: string, sdp: string): void {
    this.held
      .get(session)
      ?.connection.setRemoteDescription({ type: "answer", sdp })
      .catch(() => this.lost(session));
  }

  send(session: string, text: string): void {
    const channel = this.held.get(session)?.channel;
    if (channel?.readyState !== "open") return;
    try {
      channel.send(text);
      if (channel.bufferedAmount > MOST_WAITING_BYTES) this.lost(session);
    } catch {
      this.lost(session);
    }
  }

  close(session: string): void {
    const held = this.held.get(session);
    this.held.delete(session);
    held?.channel.close();
    held?.connection.close();
  }

  private async describe(session: string, offered: string | null): Promise<void> {
    try {
      const { connection } = this.begin(session);
      if (offered !== null) await connection.setRemoteDescription({ type: "offer", sdp: offered });
      await connection.setLocalDescription();
      await gathered(connection);
      const sdp = connection.localDescription?.sdp;
      if (sdp !== undefined && this.held.get(session)?.connection === connection)
        this.events.described(session, sdp);
    } catch {
      this.lost(session);
    }
  }

  /** No server helps: only addresses of the local network are offered. */
  private begin(session: string): Held {
    const connection = new RTCPeerConnection({ iceServers: [] });
    const channel = connection.createDataChannel("door", { negotiated: true, id: 0 });
    const held = { connection, channel };
    this.held.set(session, held);
    channel.onopen = () => this.events.opened(session);
    channel.onmessage = ({ data }) => {
      if (typeof data === "string" && this.held.get(session) === held) this.events.received(session, data);
    };
    channel.onclose = () => this.lost(session, held);
    connection.onconnectionstatechange = () => {
      // "disconnected" may come back by itself, and must when nobody can signal.
      if (connection.connectionState === "failed") this.lost(session, held);
    };
    return held;
  }

  private lost(session: string, held = this.held.get(session)): void {
    if (held === undefined || this.held.get(session) !== held) return;
    this.close(session);
    this.events.closed(session);
  }
}

function gathered(connection: RTCPeerConnection): Promise<void> {
  if (connection.iceGatheringState === "complete") return Promise.resolve();
  return new Promise((resolve) => {
    setTimeout(resolve, GATHERING_MS);
    connection.addEventListener("icegatheringstatechange", () => {
      if (connection.iceGatheringState === "complete") resolve();
    });
  });
}
