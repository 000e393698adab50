import type { Moment } from "./server_clock.ts";

export interface SocketEvents {
  message(text: string): void;
  closed(code: number): void;
}

/** One websocket. After `abandon` none of its events arrives any more. */
export interface Connection {
  send(text: string): void;
  abandon(): void;
}

export type SocketFactory = (url: string, subprotocol: string, events: SocketEvents) => Connection;

/** The clock, the timers and the page's waking up. Each returns the way to stop. */
export interface Timers {
  now(): Moment;
  after(ms: number, run: () => void): () => void;
  every(ms: number, run: () => void): () => void;
  /** The page became visible, or the device believes that it is online again. */
  onWake(run: () => void): () => void;
}

export const browserSocket: SocketFactory = (url, subprotocol, events) => {
  const socket = new WebSocket(url, subprotocol);
  socket.onmessage = (event) => {
    if (typeof event.data === "string") events.message(event.data);
  };
  socket.onclose = (event) => events.closed(event.code);
  return {
    send: (text) => socket.send(text),
    abandon: () => {
      // close() on a black-holed connection gives no event for minutes: whoever abandons must not wait for one.
      socket.onmessage = socket.onclose = null;
      socket.close();
    },
  };
};

export const browserTimers: Timers = {
  now: () => ({ wall: Date.now(), monotonic: performance.now() }),
  after: (ms, run) => {
    const id = setTimeout(run, ms);
    return () => clearTimeout(id);
  },
  every: (ms, run) => {
    const id = setInterval(run, ms);
    return () => clearInterval(id);
  },
  onWake: (run) => {
    const whenVisible = () => {
      if (document.visibilityState === "visible") run();
    };
    document.addEventListener("visibilitychange", whenVisible);
    window.addEventListener("online", run);
    window.addEventListener("pageshow", run);
    return () => {
      document.removeEventListener("visibilitychange", whenVisible);
      window.removeEventListener("online", run);
      window.removeEventListener("pageshow", run);
    };
  },
};
