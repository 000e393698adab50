import type { Pause } from "./backoff.ts";
import type {
  ClientMessage,
  Drained,
  ErrorCode,
  Heartbeat,
  Signalled,
  TopicFact,
  TopicPresence,
  TopicSnapshot,
  TopicState,
  UndoAnswered,
  VerdictGiven,
} from "./protocol.gen.ts";

export type Status = "connecting" | "live" | "offline";

/** What the reader of a topic is to be told. */
export type Delivery =
  | { readonly do: "snapshot"; readonly message: TopicSnapshot }
  | { readonly do: "fact"; readonly message: TopicFact }
  | { readonly do: "state"; readonly message: TopicState }
  | { readonly do: "presence"; readonly message: TopicPresence }
  | { readonly do: "resumed"; readonly topic: string; readonly missed: number }
  | { readonly do: "closed"; readonly topic: string; readonly code: ErrorCode };

/** What was asked, to be known again by its ref when the answer comes. */
export interface Question {
  readonly ref: number;
  readonly effects: Effect[];
}

/** How a phone is: scans that no server has acknowledged, battery from 0 to 1, whether its camera runs. */
export type Vitals = Required<Pick<Heartbeat, "unsent" | "battery" | "scanning">>;

export type Effect =
  | Delivery
  | { readonly do: "send"; readonly message: ClientMessage }
  /** This socket is of no more use: leave it and open another at a random moment of the pause. */
  | { readonly do: "reconnect"; readonly pause: Pause }
  /** Leave the socket and open no other, for this reason. */
  | { readonly do: "end"; readonly code: ErrorCode }
  | { readonly do: "answered"; readonly message: VerdictGiven | UndoAnswered | Drained }
  | { readonly do: "unanswered"; readonly ref: number; readonly code?: ErrorCode }
  /** Another phone of this door has a word for this one. */
  | { readonly do: "signalled"; readonly message: Signalled };
