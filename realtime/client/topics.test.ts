import { beforeEach, describe, expect, test } from "vitest";
import type { Gateway } from "./gateway.ts";
import type { ServerMessage, TopicFact } from "./protocol.gen.ts";
import { Bench } from "./testing.ts";

const DOOR = "door:018f4e1a-0000-7000-8000-000000000001";
const PUBLIC = "public:018f4e1a-0000-7000-8000-000000000001";

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
});

function fact(seq: number): TopicFact {
  return { t: "fact", topic: DOOR, seq, fact: { t: "nothing" } };
}

/** A reader of the door topic that writes down what it is told. */
function reader(gateway: Gateway, resume?: { since: number; epoch: string }): string[] {
  const told: string[] = [];
  gateway.subscribe(
    DOOR,
    {
      snapshot: (_s, seq, epoch) => void told.push(`snapshot ${epoch} ${seq}`),
      fact: (_f, seq) => void told.push(`fact ${seq}`),
      closed: (code) => void told.push(`closed ${code}`),
      resumed: (missed) => void told.push(`resumed ${missed}`),
    },
    resume,
  );
  return told;
}

function say(...messages: readonly ServerMessage[]): void {
  for (const message of messages) bench.connection.say(message);
}

function snapshot(seq: number): void {
  // The gateway hands a snapshot on unread.
  say({ t: "snapshot", topic: DOOR, epoch: "e1", seq, snapshot: { t: "door_snapshot" } as never });
}

describe("facts", () => {
  test("a snapshot comes first, then every entry after it, in order", () => {
    const told = reader(bench.live());
    bench.server.join(7, false);
    snapshot(7);
    bench.connection.say(fact(8));
    bench.connection.say(fact(9));

    expect(told).toEqual(["snapshot e1 7", "fact 8", "fact 9"]);
  });

  test("an entry that came before is dropped", () => {
    const told = reader(bench.live());
    bench.server.join(7, false);
    snapshot(7);
    bench.connection.say(fact(8));
    bench.connection.say(fact(8));
    bench.connection.say(fact(3));

    expect(told).toEqual(["snapshot e1 7", "fact 8"]);
  });

  test("an entry before any snapshot is not for us", () => {
    const told = reader(bench.live());
    bench.server.join(7, false);
    bench.connection.say(fact(8));

    expect(told).toEqual([]);
  });

  test("a hole is asked for, once, and filled in order", () => {
    const told = reader(bench.live());
    bench.server.join(7, false);
    snapshot(7);
    bench.connection.say(fact(10));
    bench.connection.say(fact(11));

    expect(bench.connection.count("subscribe")).toBe(2);
    expect(bench.connection.last("subscribe")).toMatchObject({ since: 7, epoch: "e1" });
    bench.server.join(7, true);
    for (const seq of [8, 9, 10, 11]) bench.connection.say(fact(seq));
    expect(told).toEqual(["snapshot e1 7", "fact 8", "fact 9", "fact 10", "fact 11"]);
  });

  test("a lost last entry is found by the heartbeat", () => {
    const told = reader(bench.live());
    bench.server.join(7, false);
    snapshot(7);

    bench.passAnswered(1_500, { [DOOR]: 8 });
    expect(bench.connection.count("subscribe")).toBe(1);
    bench.passAnswered(2_000, { [DOOR]: 8 });

    expect(bench.connection.count("subscribe")).toBe(2);
    bench.server.join(7, true);
    bench.connection.say(fact(8));
    expect(told).toEqual(["snapshot e1 7", "fact 8"]);
  });

  test("after a drop it resumes from where it stood", () => {
    const told = reader(bench.live());
    bench.server.join(7, false);
    snapshot(7);
    bench.connection.say(fact(8));
    bench.connection.close(4000);
    bench.timers.pass(5_000);
    bench.server.welcome();

    expect(bench.connection.last("subscribe")).toMatchObject({ topic: DOOR, since: 8, epoch: "e1" });
    bench.server.join(8, true);
    bench.connection.say(fact(9));
    bench.connection.say(fact(10));
    bench.server.pong(0, { [DOOR]: 10 });
    bench.passAnswered(3_000, { [DOOR]: 10 });
    expect(told.slice(2)).toEqual(["fact 9", "fact 10", "resumed 2"]);
  });

  test("a visit resumes from the place that an earlier one kept", () => {
    const told = reader(bench.live(), { since: 41, epoch: "e1" });

    expect(bench.connection.last("subscribe")).toMatchObject({ since: 41, epoch: "e1" });
    bench.server.join(41, true);
    bench.connection.say(fact(42));

    expect(told).toEqual(["fact 42"]);
  });

  test("when the server cannot resume, the new snapshot rules", () => {
    const told = reader(bench.live(), { since: 41, epoch: "an older log" });
    bench.server.join(5, false, "e1");
    bench.connection.say(fact(42));
    snapshot(5);
    bench.connection.say(fact(6));

    expect(told).toEqual(["snapshot e1 5", "fact 6"]);
  });

  test("an abandoned socket's late frames reach nobody", () => {
    const told = reader(bench.live());
    bench.server.join(7, false);
    snapshot(7);
    bench.timers.pass(3_500);
    bench.server.connections[0]?.say(fact(8));

    expect(told).toEqual(["snapshot e1 7"]);
  });

  test("a refused topic is closed; one that is unavailable is asked for again", () => {
    const gateway = bench.live();
    const told = reader(gateway);
    const first = bench.connection.last("subscribe");
    bench.connection.say({ t: "request_refused", ref: first.ref, code: "unavailable" });
    bench.passAnswered(3_000);
    expect(bench.connection.count("subscribe")).toBe(2);

    const { ref } = bench.connection.last("subscribe");
    bench.connection.say({ t: "request_refused", ref, code: "topic_forbidden" });
    bench.passAnswered(5_000);

    expect(told).toEqual(["closed topic_forbidden"]);
    expect(bench.connection.count("subscribe")).toBe(2);
    expect(gateway.status).toBe("live");
  });

  test("a right taken away closes the topic and nothing else", () => {
    const gateway = bench.live();
    const told = reader(gateway);
    bench.server.join(7, false);
    bench.connection.say({ t: "topic_closed", topic: DOOR, code: "topic_forbidden" });

    expect(told).toEqual(["closed topic_forbidden"]);
    expect(gateway.status).toBe("live");
  });

  test("while it asks again, nothing of the older join counts: the answer starts where it stood", () => {
    const told = reader(bench.live());
    bench.server.join(7, false);
    snapshot(7);
    say(fact(10)); // a hole: it asks
    const { ref } = bench.connection.last("subscribe");
    say(fact(8), fact(11), { t: "topic_closed", topic: DOOR, code: "topic_forbidden" });
    snapshot(3);
    bench.server.join(7, true);
    say(fact(8), fact(9));

    expect(ref).toBeGreaterThan(0);
    expect(told).toEqual(["snapshot e1 7", "fact 8", "fact 9"]);
  });

  test("who leaves and comes back is told nothing that was meant for the one before", () => {
    const gateway = bench.live();
    const before: number[] = [];
    const leave = gateway.subscribe(DOOR, { fact: (_f, seq) => void before.push(seq) });
    const earlier = bench.connection.last("subscribe");
    leave();
    const told = reader(gateway);
    const newer = bench.connection.last("subscribe");
    say({ t: "joined", ref: earlier.ref, topic: DOOR, epoch: "e1", seq: 5, resumed: false });
    snapshot(5);
    say(fact(6), { t: "left", ref: newer.ref - 1, topic: DOOR });
    bench.server.join(6, false);
    snapshot(6);
    say(fact(7));

    expect(before).toEqual([]);
    expect(told).toEqual(["snapshot e1 6", "fact 7"]);
  });

  test("a refusal of an older join is not the newer one's", () => {
    const gateway = bench.live();
    gateway.subscribe(DOOR, {})();
    const { ref } = bench.connection.received.find(({ t }) => t === "subscribe") ?? { ref: 0 };
    const told = reader(gateway);
    say({ t: "request_refused", ref, code: "topic_forbidden" });
    bench.server.join(7, false);
    snapshot(7);

    expect(told).toEqual(["snapshot e1 7"]);
  });

  test("stopping twice stops nobody else", () => {
    const gateway = bench.live();
    const stop = gateway.subscribe(DOOR, {});
    stop();
    const told = reader(gateway);
    stop();
    bench.server.join(7, false);
    snapshot(7);

    expect(told).toEqual(["snapshot e1 7"]);
  });

  test("who stops reading is told nothing more, and the server hears of it", () => {
    const gateway = bench.live();
    const told: number[] = [];
    const stop = gateway.subscribe(DOOR, { fact: (_f, seq) => void told.push(seq) });
    bench.server.join(7, false);
    snapshot(7);
    stop();
    bench.connection.say(fact(8));

    expect(told).toEqual([]);
    expect(bench.connection.last("unsubscribe").topic).toBe(DOOR);
  });

  test("one topic has one reader", () => {
    const gateway = bench.live();
    reader(gateway);

    expect(() => reader(gateway)).toThrow("followed already");
  });
});

describe("state", () => {
  test("the newest replaces the one before; an older one is dropped", () => {
    const gateway = bench.live();
    const lefts: number[] = [];
    gateway.subscribe(PUBLIC, {
      state: (state) => void (state.t === "public_state" && lefts.push(state.left)),
    });
    bench.server.join(3, false);
    const say = (seq: number, left: number) =>
      bench.connection.say({
        t: "state",
        topic: PUBLIC,
        seq,
        state: { t: "public_state", status: "on_sale", left, sold_out: false, types: [] },
      });
    say(3, 90);
    say(9, 70);
    say(8, 80);

    expect(lefts).toEqual([90, 70]);
  });

  test("a log that goes on without changing it is no reason to ask", () => {
    const gateway = bench.live();
    gateway.subscribe(PUBLIC, {});
    bench.server.join(3, false);

    bench.passAnswered(20_000, { [PUBLIC]: 99 });

    expect(bench.connection.count("subscribe")).toBe(1);
  });

  test("after a drop the newest state is asked for, whatever was known", () => {
    const gateway = bench.live();
    gateway.subscribe(PUBLIC, {});
    bench.server.join(3, false);
    bench.connection.close(4000);
    bench.timers.pass(5_000);
    bench.server.welcome();

    expect(bench.connection.last("subscribe")).not.toHaveProperty("since");
  });
});
