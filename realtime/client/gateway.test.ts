import { beforeEach, describe, expect, test } from "vitest";
import { type Gateway, openGateway, type Status } from "./gateway.ts";
import type { ScanFact, TopicFact } from "./protocol.gen.ts";
import { FakeServer, FakeTimers } from "./testing.ts";

const DOOR = "door:018f4e1a-0000-7000-8000-000000000001";
const PUBLIC = "public:018f4e1a-0000-7000-8000-000000000001";
const SCAN: ScanFact = {
  scan_id: "018f4e1a-0000-7000-8000-000000000001",
  device_seq: 1,
  code: "1",
  scanned_at: 1,
  clock_offset_ms: 0,
  decision: "asked",
};

let server: FakeServer;
let timers: FakeTimers;

beforeEach(() => {
  server = new FakeServer();
  timers = new FakeTimers();
});

function open(token?: string): Gateway {
  const options = { url: "ws://x/ws", socket: server.socket, timers, random: () => 0.5 };
  return openGateway(token === undefined ? options : { ...options, token });
}

/** A gateway that the server has welcomed. */
function live(): Gateway {
  const gateway = open();
  server.welcome();
  return gateway;
}

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

function snapshot(seq: number): void {
  // The gateway hands a snapshot on unread.
  server.connection.say({
    t: "snapshot",
    topic: DOOR,
    epoch: "e1",
    seq,
    snapshot: { t: "door_snapshot" } as never,
  });
}

/** Pong every ping while time passes. */
function passAnswered(ms: number, seqs: Record<string, number> = {}): void {
  for (let passed = 0; passed < ms; passed += 500) {
    timers.pass(500);
    server.pong(timers.now().wall, seqs);
  }
}

describe("connecting", () => {
  test("a gateway is live once it is welcome", () => {
    const gateway = open();
    const told: Status[] = [];
    gateway.onStatus((status) => told.push(status));

    expect(gateway.status).toBe("connecting");
    server.welcome();

    expect(told).toEqual(["live"]);
  });

  test("a device authenticates first, and subscribes only when the token is good", () => {
    const gateway = open("secret");
    reader(gateway);

    server.welcome();
    expect(server.connection.received.map(({ t }) => t)).toEqual(["authenticate"]);
    expect(gateway.status).toBe("connecting");
    const { ref, token } = server.connection.last("authenticate");
    server.connection.say({ t: "authenticated", ref, device: { id: "d", name: "Door A", event: "e" } });

    expect(token).toBe("secret");
    expect(gateway.status).toBe("live");
    expect(server.connection.last("subscribe").topic).toBe(DOOR);
  });

  test("a refused token ends everything, and nobody tries again", () => {
    const gateway = open("stolen");
    const told = reader(gateway);

    server.welcome();
    const { ref } = server.connection.last("authenticate");
    server.connection.say({ t: "request_refused", ref, code: "token_invalid" });
    timers.pass(60_000);

    expect(told).toEqual(["closed token_invalid"]);
    expect(gateway.status).toBe("offline");
    expect(server.connections).toHaveLength(1);
  });

  test("a server that cannot be reached makes it offline, with ever longer waits", async () => {
    const gateway = open();
    server.isDown = true;
    server.connection.close(1006);
    expect(gateway.status).toBe("offline");

    const waits: number[] = [];
    for (let waited = 250; waits.length < 7; waited += 250) {
      const before = server.connections.length;
      timers.pass(250);
      await Promise.resolve(); // the refusal arrives
      if (server.connections.length === before) continue;
      waits.push(waited);
      waited = 0;
    }

    // Half of 500 ms, 1 s, 2 s ... as the fake's chance is always a half.
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  test("a page that comes to the front tries at once", () => {
    open();
    server.connection.close(1006);
    timers.wake();

    expect(server.connections).toHaveLength(2);
  });

  test("a socket that never opens is given up", () => {
    const gateway = open();

    timers.pass(8_500);

    expect(server.connections[0]?.abandoned).toBe(true);
    expect(gateway.status).toBe("offline");
  });

  test("still connecting after three seconds is offline to whoever stands at the door", () => {
    const gateway = open();

    timers.pass(4_000);

    expect(gateway.status).toBe("offline");
  });
});

describe("the heartbeat", () => {
  test("pings every second and a half while answers come", () => {
    const gateway = live();

    passAnswered(30_000);

    expect(gateway.status).toBe("live");
    expect(server.connections).toHaveLength(1);
    expect(server.connection.count("ping")).toBeGreaterThanOrEqual(20);
  });

  test("three seconds of silence abandon a socket that looks open, without waiting for its close", () => {
    const gateway = live();

    timers.pass(3_500);

    expect(server.connections[0]?.abandoned).toBe(true);
    expect(gateway.status).toBe("offline");
    expect(server.connections).toHaveLength(2);
  });

  test("a page that slept asks before it gives up its socket", () => {
    const gateway = live();

    timers.sleep(600_000);
    expect(server.connections[0]?.abandoned).toBe(false);
    server.pong(timers.now().wall);
    passAnswered(5_000);

    expect(gateway.status).toBe("live");
    expect(server.connections).toHaveLength(1);
  });

  test("a page that slept through the death of its socket notices soon", () => {
    const gateway = live();

    timers.sleep(600_000);
    timers.pass(2_500);

    expect(server.connections[0]?.abandoned).toBe(true);
    expect(gateway.status).toBe("offline");
  });

  test("sets the clock by the server's", () => {
    const gateway = live();

    timers.pass(1_500);
    server.pong(timers.now().wall + 240_000);

    expect(gateway.clockOffsetMs).toBe(240_000);
    expect(gateway.serverNow()).toBe(timers.now().wall + 240_000);
  });
});

describe("closing", () => {
  test.each([1001, 1006, 4000, 4001, 4002])("after code %i it connects again", (code) => {
    const gateway = live();

    server.connection.close(code);
    expect(gateway.status).toBe("connecting");
    timers.pass(500);
    server.welcome();

    expect(server.connections).toHaveLength(2);
    expect(gateway.status).toBe("live");
  });

  test.each([
    [4500, "topic_forbidden"],
    [4501, "malformed"],
    [4502, "malformed"],
  ])("after code %i it does not, and says so as %s", (code, reason) => {
    const gateway = live();
    const told = reader(gateway);

    server.connection.close(code);
    timers.pass(60_000);

    expect(told).toEqual([`closed ${reason}`]);
    expect(gateway.status).toBe("offline");
    expect(server.connections).toHaveLength(1);
  });

  test.each([
    ["the server closes for good", () => server.connection.close(4500), "token_invalid"],
    [
      "its token is refused when it connects anew",
      () => {
        server.connection.close(1001);
        timers.pass(500);
        server.welcome();
        const { ref } = server.connection.last("authenticate");
        server.connection.say({ t: "request_refused", ref, code: "token_invalid" });
      },
      "token_invalid",
    ],
  ] as const)("when %s, a device that follows nothing is told too", (_name, refuse, reason) => {
    const gateway = open("secret");
    const told: string[] = [];
    gateway.onEnd((code) => told.push(code));
    server.welcome();

    refuse();

    expect(told).toEqual([reason]);
    timers.pass(60_000);
    expect(told).toEqual([reason]);
  });

  test("a server that welcomes and drops at once is not hammered", () => {
    open();
    for (let passed = 0; passed < 30_000; passed += 250) {
      server.welcome();
      server.connection.close(4002);
      timers.pass(250);
    }

    expect(server.connections).toHaveLength(10);
  });

  test("closing it ourselves ends it", () => {
    const gateway = live();

    gateway.close();
    timers.pass(60_000);
    timers.wake();

    expect(gateway.status).toBe("offline");
    expect(server.connections).toHaveLength(1);
  });
});

describe("facts", () => {
  test("a snapshot comes first, then every entry after it, in order", () => {
    const told = reader(live());
    server.join(7, false);
    snapshot(7);
    server.connection.say(fact(8));
    server.connection.say(fact(9));

    expect(told).toEqual(["snapshot e1 7", "fact 8", "fact 9"]);
  });

  test("an entry that came before is dropped", () => {
    const told = reader(live());
    server.join(7, false);
    snapshot(7);
    server.connection.say(fact(8));
    server.connection.say(fact(8));
    server.connection.say(fact(3));

    expect(told).toEqual(["snapshot e1 7", "fact 8"]);
  });

  test("an entry before any snapshot is not for us", () => {
    const told = reader(live());
    server.join(7, false);
    server.connection.say(fact(8));

    expect(told).toEqual([]);
  });

  test("a hole is asked for, once, and filled in order", () => {
    const told = reader(live());
    server.join(7, false);
    snapshot(7);
    server.connection.say(fact(10));
    server.connection.say(fact(11));

    expect(server.connection.count("subscribe")).toBe(2);
    expect(server.connection.last("subscribe")).toMatchObject({ since: 7, epoch: "e1" });
    server.join(7, true);
    for (const seq of [8, 9, 10, 11]) server.connection.say(fact(seq));
    expect(told).toEqual(["snapshot e1 7", "fact 8", "fact 9", "fact 10", "fact 11"]);
  });

  test("a lost last entry is found by the heartbeat", () => {
    const told = reader(live());
    server.join(7, false);
    snapshot(7);

    passAnswered(1_500, { [DOOR]: 8 });
    expect(server.connection.count("subscribe")).toBe(1);
    passAnswered(2_000, { [DOOR]: 8 });

    expect(server.connection.count("subscribe")).toBe(2);
    server.join(7, true);
    server.connection.say(fact(8));
    expect(told).toEqual(["snapshot e1 7", "fact 8"]);
  });

  test("after a drop it resumes from where it stood", () => {
    const told = reader(live());
    server.join(7, false);
    snapshot(7);
    server.connection.say(fact(8));
    server.connection.close(4000);
    timers.pass(500);
    server.welcome();

    expect(server.connection.last("subscribe")).toMatchObject({ topic: DOOR, since: 8, epoch: "e1" });
    server.join(8, true);
    server.connection.say(fact(9));
    server.connection.say(fact(10));
    server.pong(0, { [DOOR]: 10 });
    passAnswered(3_000, { [DOOR]: 10 });
    expect(told.slice(2)).toEqual(["fact 9", "fact 10", "resumed 2"]);
  });

  test("a visit resumes from the place that an earlier one kept", () => {
    const told = reader(live(), { since: 41, epoch: "e1" });

    expect(server.connection.last("subscribe")).toMatchObject({ since: 41, epoch: "e1" });
    server.join(41, true);
    server.connection.say(fact(42));

    expect(told).toEqual(["fact 42"]);
  });

  test("when the server cannot resume, the new snapshot rules", () => {
    const told = reader(live(), { since: 41, epoch: "an older log" });
    server.join(5, false, "e1");
    server.connection.say(fact(42));
    snapshot(5);
    server.connection.say(fact(6));

    expect(told).toEqual(["snapshot e1 5", "fact 6"]);
  });

  test("an abandoned socket's late frames reach nobody", () => {
    const told = reader(live());
    server.join(7, false);
    snapshot(7);
    timers.pass(3_500);
    server.connections[0]?.say(fact(8));

    expect(told).toEqual(["snapshot e1 7"]);
  });

  test("a refused topic is closed; one that is unavailable is asked for again", () => {
    const gateway = live();
    const told = reader(gateway);
    const first = server.connection.last("subscribe");
    server.connection.say({ t: "request_refused", ref: first.ref, code: "unavailable" });
    passAnswered(3_000);
    expect(server.connection.count("subscribe")).toBe(2);

    const { ref } = server.connection.last("subscribe");
    server.connection.say({ t: "request_refused", ref, code: "topic_forbidden" });
    passAnswered(5_000);

    expect(told).toEqual(["closed topic_forbidden"]);
    expect(server.connection.count("subscribe")).toBe(2);
    expect(gateway.status).toBe("live");
  });

  test("a right taken away closes the topic and nothing else", () => {
    const gateway = live();
    const told = reader(gateway);
    server.join(7, false);
    server.connection.say({ t: "topic_closed", topic: DOOR, code: "topic_forbidden" });

    expect(told).toEqual(["closed topic_forbidden"]);
    expect(gateway.status).toBe("live");
  });

  test("who stops reading is told nothing more, and the server hears of it", () => {
    const gateway = live();
    const told: number[] = [];
    const stop = gateway.subscribe(DOOR, { fact: (_f, seq) => void told.push(seq) });
    server.join(7, false);
    snapshot(7);
    stop();
    server.connection.say(fact(8));

    expect(told).toEqual([]);
    expect(server.connection.last("unsubscribe").topic).toBe(DOOR);
  });

  test("one topic has one reader", () => {
    const gateway = live();
    reader(gateway);

    expect(() => reader(gateway)).toThrow("followed already");
  });
});

describe("state", () => {
  test("the newest replaces the one before; an older one is dropped", () => {
    const gateway = live();
    const lefts: number[] = [];
    gateway.subscribe(PUBLIC, {
      state: (state) => void (state.t === "public_state" && lefts.push(state.left)),
    });
    server.join(3, false);
    const say = (seq: number, left: number) =>
      server.connection.say({
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
    const gateway = live();
    gateway.subscribe(PUBLIC, {});
    server.join(3, false);

    passAnswered(20_000, { [PUBLIC]: 99 });

    expect(server.connection.count("subscribe")).toBe(1);
  });

  test("after a drop the newest state is asked for, whatever was known", () => {
    const gateway = live();
    gateway.subscribe(PUBLIC, {});
    server.join(3, false);
    server.connection.close(4000);
    timers.pass(500);
    server.welcome();

    expect(server.connection.last("subscribe")).not.toHaveProperty("since");
  });
});

describe("a scan", () => {
  test("gets its verdict", async () => {
    const gateway = live();
    const answer = gateway.scan(SCAN, 300);
    const { ref, scan } = server.connection.last("scan");
    server.connection.say({
      t: "verdict",
      ref,
      scan_id: scan.scan_id,
      acknowledged: "asked",
      verdict: { t: "refused", reason: "unknown" },
    });

    expect(await answer).toMatchObject({ t: "verdict", acknowledged: "asked" });
  });

  test("waits no longer than its patience", async () => {
    const gateway = live();
    const answer = gateway.scan(SCAN, 300);

    timers.pass(300);

    expect(await answer).toEqual({ t: "no_answer" });
  });

  test("gets no answer at once when nobody is there to ask", async () => {
    expect(await open().scan(SCAN, 300)).toEqual({ t: "no_answer" });
  });

  test("gets no answer when the connection drops meanwhile", async () => {
    const gateway = live();
    const answer = gateway.scan(SCAN, 60_000);

    server.connection.close(1006);

    expect(await answer).toEqual({ t: "no_answer" });
  });

  test("learns why it was refused", async () => {
    const gateway = live();
    const answer = gateway.scan(SCAN, 300);
    const { ref } = server.connection.last("scan");
    server.connection.say({ t: "request_refused", ref, code: "scan_id_taken" });

    expect(await answer).toEqual({ t: "no_answer", code: "scan_id_taken" });
  });
});

test.each(["not json", "[]", "null", "{}", '{"t":"from_the_future","x":1}', "1"])(
  "a frame that is not ours (%s) changes nothing",
  (text) => {
    const gateway = live();

    server.connection.sayText(text);

    expect(gateway.status).toBe("live");
  },
);
