import { describe, expect, test } from "vitest";
import vectors from "../../tests/vectors/client_rules.json";
import { pauseAfter } from "./backoff.ts";
import type { Effect, Vitals } from "./effects.ts";
import type { ScanFact, ServerMessage, UndoFact } from "./protocol.gen.ts";
import { Session } from "./session.ts";
import type { Place } from "./topic.ts";

/** The scripts that the Python client is held to as well; tests/vectors/client_rules.py wrote them. */

type Step = { readonly at: number } & (
  | { readonly do: "opening" | "tick" }
  | { readonly do: "receive"; readonly message: ServerMessage }
  | { readonly do: "closed"; readonly code: number | null }
  | { readonly do: "subscribe"; readonly topic: string; readonly resume?: Place }
  | { readonly do: "unsubscribe"; readonly topic: string }
  | { readonly do: "scan"; readonly scan: ScanFact }
  | { readonly do: "undo"; readonly undo: UndoFact }
  | { readonly do: "drain"; readonly scans: readonly ScanFact[]; readonly undos: readonly UndoFact[] }
  | { readonly do: "heartbeat"; readonly vitals: Vitals }
);

interface Script {
  readonly name: string;
  readonly token: string | null;
  readonly steps: readonly (Step & { readonly effects: unknown; readonly status: string })[];
}

const scripts = vectors.sessions as unknown as Script[]; // JSON's strings are wider than the protocol's tags

function perform(session: Session, step: Step): readonly Effect[] {
  const now = { wall: step.at, monotonic: step.at };
  switch (step.do) {
    case "opening":
      session.opening(now);
      return [];
    case "receive":
      return session.receive(step.message, now);
    case "closed":
      return session.closed(step.code, now);
    case "tick":
      return session.tick(now);
    case "subscribe":
      return session.subscribe(step.topic, step.resume);
    case "unsubscribe":
      return session.unsubscribe(step.topic);
    case "scan":
      return session.scan(step.scan)?.effects ?? [];
    case "undo":
      return session.undo(step.undo)?.effects ?? [];
    case "drain":
      return session.drain(step.scans, step.undos)?.effects ?? [];
    case "heartbeat":
      return session.heartbeat(step.vitals);
  }
}

describe("a session answers as the script says", () => {
  test.each(scripts)("$name", ({ token, steps }) => {
    const session = new Session(token ?? undefined);

    for (const step of steps) {
      const effects = perform(session, step);

      expect({ at: step.at, effects, status: session.status }).toEqual({
        at: step.at,
        effects: step.effects,
        status: step.status,
      });
    }
  });
});

test.each(vectors.pauses)(
  "a pause is as long as the vectors say: $failures $crowd_ms $asked_ms",
  (vector) => {
    const { failures, crowd_ms: crowdMs, asked_ms: askedMs, least, most } = vector;

    expect(pauseAfter({ failures, crowdMs, askedMs })).toEqual({ least, most });
  },
);
