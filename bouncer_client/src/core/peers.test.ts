import { beforeEach, describe, expect, test } from "vitest";
import type { DeviceHere } from "../../../realtime/client/protocol.gen.ts";
import type { Hint } from "./hints.ts";
import { HINTS_A_WORD, readWord, SIGNAL_CHARS, WORD_CHARS, wordsOf } from "./peer_words.ts";
import { EITHER_SIDE, neighbours, type PeerEffect, Peers } from "./peers.ts";

const [A, B, C] = ["phone-a", "phone-b", "phone-c"];
const HINT: Hint = {
  anchor: "0a".repeat(16),
  entry: { at: 1_700_000_000_000, door: "Door C" },
  scan_id: "s1",
  by: C,
};

function device(id: string, online = true): DeviceHere {
  return { id, name: id, online, last_seen_at: 0, unsent: 0, battery: null, scanning: true, seq: 1 };
}

let sessions: number;
let lower: Peers;
let higher: Peers;

beforeEach(() => {
  sessions = 0;
  const newSession = () => `session-${++sessions}`;
  lower = new Peers(A, newSession);
  higher = new Peers(B, newSession);
});

function done<K extends PeerEffect["do"]>(effects: PeerEffect[], kind: K): Extract<PeerEffect, { do: K }>[] {
  return effects.filter((effect) => effect.do === kind) as Extract<PeerEffect, { do: K }>[];
}

/** The words of the one signal among these. */
function said(effects: PeerEffect[]): string {
  const [signal, ...more] = done(effects, "signal");
  expect(more).toEqual([]);
  return signal?.data ?? "";
}

/** Both know each other, and have a channel. */
function join(now = 0): string {
  const [offer] = done(lower.here([device(A), device(B)], now), "offer");
  higher.here([device(A), device(B)], now);
  const session = offer?.session ?? "";
  const offered = higher.signalled(A, said(lower.described(session, "offer sdp")), now);
  expect(offered).toEqual([{ do: "answer", session, sdp: "offer sdp" }]);
  const accepted = lower.signalled(B, said(higher.described(session, "answer sdp")), now);
  expect(accepted).toEqual([{ do: "accept", session, sdp: "answer sdp" }]);
  expect(lower.opened(session, now)).toEqual([{ do: "greet", session }]);
  higher.opened(session, now);
  return session;
}

test("phones that went home long ago do not stand between two that are there", () => {
  const gone = Array.from({ length: 40 }, (_, i) => device(`phone-a${i}`, false));

  const effects = lower.here([device(A), ...gone, device(B)], 0);

  expect(done(effects, "offer")).toHaveLength(1);
});

test("a channel stays while its phone is out of the server's sight, and goes with a phone that was removed", () => {
  const session = join();

  expect(done(lower.here([device(A), device(B, false)], 100), "close")).toEqual([]);
  expect(done(lower.here([device(A)], 200), "close")).toEqual([{ do: "close", session }]);
});

describe("a channel", () => {
  test("of two phones the one with the lower id offers; the other asks it to", () => {
    expect(done(lower.here([device(A), device(B)], 0), "offer")).toHaveLength(1);

    const effects = higher.here([device(A), device(B)], 0);

    expect(effects).toEqual([{ do: "signal", to: A, data: '{"t":"want"}' }]);
  });

  test("opens by one offer and one answer, and is greeted with all that is known", () => {
    join();

    expect([lower.near(0), higher.near(0)]).toEqual([1, 1]);
  });

  test("is one for each pair: a newer offer takes the place of what was there", () => {
    const first = join();
    const again = lower.signalled(B, '{"t":"want"}', 5_000);
    expect(again).toEqual([
      { do: "close", session: first },
      { do: "offer", session: "session-2" },
    ]);
    const offered = higher.signalled(A, said(lower.described("session-2", "sdp")), 5_000);

    expect(offered[0]).toEqual({ do: "close", session: first });
    expect([lower.near(5_000), higher.near(5_000)]).toEqual([0, 0]);
  });

  test("is not offered anew for each word of a phone that asks again and again", () => {
    lower.here([device(A), device(B)], 0);

    expect(lower.signalled(B, '{"t":"want"}', 100)).toEqual([]);
  });

  test("that does not open is given up and tried again later, less and less often", () => {
    const tries: number[] = [];
    lower.here([device(A), device(B)], 0);
    for (let now = 500; now < 200_000; now += 500)
      if (done(lower.tick(now, true), "offer").length > 0) tries.push(now);

    const pauses = tries.map((at, i) => at - (tries[i - 1] ?? 0));
    expect(pauses.length).toBeLessThan(7);
    expect([...pauses].sort((a, b) => a - b)).toEqual(pauses);
  });

  test("is not even tried while nobody carries signals", () => {
    lower.here([device(A), device(B, false)], 0);

    expect(lower.tick(60_000, false)).toEqual([]);
  });

  test("falls silent: the phone is not near; the channel may come back as long as nobody can make another", () => {
    const session = join();
    expect(lower.near(3_100)).toBe(0);

    expect(done(lower.tick(60_000, false), "close")).toEqual([]);
    lower.received(session, '{"t":"beat"}', 60_100);
    expect(lower.near(60_200)).toBe(1);

    expect(done(lower.tick(80_000, true), "close")).toEqual([{ do: "close", session }]);
  });

  test("beats once a second", () => {
    join();
    const beats = [500, 1_000, 1_500, 2_000].map((now) => done(lower.tick(now, true), "send").length);

    expect(beats).toEqual([0, 1, 0, 1]);
  });

  test("ends with the phone's right: whoever the server does not name is no phone of this door", () => {
    const session = join();

    expect(lower.here([device(A)], 0)).toEqual([{ do: "close", session }]);
    expect(lower.received(session, wordsOf([HINT])[0] ?? "", 0)).toEqual([]);
  });
});

describe("whom to believe", () => {
  test("signals of strangers, of nonsense and of enormous length change nothing", () => {
    higher.here([device(A), device(B)], 0);
    const offer = JSON.stringify({ t: "offer", session: "x", sdp: "sdp" });

    expect(higher.signalled(C, offer, 0)).toEqual([]);
    for (const nonsense of [
      "",
      "null",
      "[]",
      '{"t":"offer"}',
      '{"t":"offer","session":1,"sdp":"x"}',
      "x".repeat(99),
    ])
      expect(higher.signalled(A, nonsense, 0)).toEqual([]);
    const long = JSON.stringify({ t: "offer", session: "x", sdp: "x".repeat(SIGNAL_CHARS) });
    expect(higher.signalled(A, long, 0)).toEqual([]);
  });

  test("only the lower id may offer, and only the phone that was asked may answer", () => {
    const [offer] = done(lower.here([device(A), device(B), device(C)], 0), "offer");
    const session = offer?.session ?? "";

    expect(lower.signalled(C, JSON.stringify({ t: "answer", session, sdp: "x" }), 0)).toEqual([]);
    expect(lower.signalled(B, JSON.stringify({ t: "offer", session: "y", sdp: "x" }), 0)).toEqual([]);
    expect(
      done(lower.signalled(B, JSON.stringify({ t: "answer", session, sdp: "x" }), 0), "accept"),
    ).toHaveLength(1);
    expect(lower.signalled(B, JSON.stringify({ t: "answer", session, sdp: "y" }), 0)).toEqual([]);
  });

  test("a message counts on an open channel that the signals made, and on no other", () => {
    const text = wordsOf([{ ...HINT, by: A }])[0] ?? "";
    higher.here([device(A), device(B)], 0);
    higher.signalled(A, JSON.stringify({ t: "offer", session: "s", sdp: "x" }), 0);

    expect(higher.received("s", text, 0)).toEqual([]);
    expect(higher.received("another", text, 0)).toEqual([]);
    higher.opened("s", 0);
    expect(higher.received("s", text, 0)).toEqual([{ do: "hear", hint: { ...HINT, by: A } }]);
  });

  test("a hint is of a phone that the server names, and not of ourselves", () => {
    const session = join();
    const words = (by: string) => wordsOf([{ ...HINT, by }])[0] ?? "";

    expect(lower.received(session, words("stranger"), 0)).toEqual([]);
    expect(lower.received(session, words(A), 0)).toEqual([]);
    lower.here([device(A), device(B), device(C, false)], 0);
    expect(done(lower.received(session, words(C), 0), "hear")).toHaveLength(1);
  });
});

describe("words", () => {
  test("hints go in messages of a bounded size, and come back as they were", () => {
    const hints = Array.from({ length: HINTS_A_WORD + 1 }, (_, n) => ({
      ...HINT,
      scan_id: `${n}`.padStart(36, "0"),
      by: "0".repeat(36),
    }));

    const words = wordsOf(hints);

    expect(words).toHaveLength(2);
    expect(Math.max(...words.map(({ length }) => length))).toBeLessThan(WORD_CHARS);
    expect(words.map(readWord)).toEqual([
      { t: "hints", hints: hints.slice(0, HINTS_A_WORD) },
      { t: "hints", hints: hints.slice(HINTS_A_WORD) },
    ]);
  });

  test.each([
    ["an anchor that is none", { anchor: "xyz" }],
    ["a time that is none", { entry: { at: 1.5, door: "A" } }],
    ["a time before all time", { entry: { at: -1, door: "A" } }],
    ["a door like a novel", { entry: { at: 1, door: "x".repeat(500) } }],
    ["no entry", { entry: null }],
    ["a scan without an id", { scan_id: 7 }],
  ])("%s is no hint, and does not spoil its neighbours", (_name, wrong) => {
    const text = JSON.stringify({ t: "hints", hints: [{ ...HINT, ...wrong }, HINT] });

    expect(readWord(text)).toEqual({ t: "hints", hints: [HINT] });
  });

  test("whatever is not a word of ours is none", () => {
    for (const text of [
      "",
      "{",
      "7",
      '{"t":"else"}',
      '{"t":"hints","hints":7}',
      `"${"x".repeat(WORD_CHARS)}"`,
    ])
      expect(readWord(text)).toBeNull();
  });
});

test("in a big house both phones of a pair agree that they share, and none has more than its share", () => {
  const ids = Array.from({ length: 40 }, (_, n) => `phone-${n}`);
  for (const one of ids) {
    const near = neighbours(one, ids);
    expect(near.size).toBe(2 * EITHER_SIDE);
    for (const other of near) expect(neighbours(other, ids).has(one)).toBe(true);
  }
  expect(neighbours("phone-0", ids.slice(0, 17)).size).toBe(16);
});

test("a phone that comes back to the door is offered a channel at once, whatever failed before", () => {
  lower.here([device(A), device(B)], 0);
  lower.closed("session-1", 100);
  expect(done(lower.tick(200, true), "offer")).toEqual([]);
  lower.here([device(A), device(B, false)], 300);

  expect(done(lower.here([device(A), device(B)], 400), "offer")).toHaveLength(1);
});
