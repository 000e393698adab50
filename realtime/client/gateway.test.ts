import { beforeEach, describe, expect, test } from "vitest";
import type { Gateway, Status } from "./gateway.ts";
import type { ScanFact } from "./protocol.gen.ts";
import { Bench } from "./testing.ts";

const DOOR = "door:018f4e1a-0000-7000-8000-000000000001";
const SCAN: ScanFact = {
  scan_id: "018f4e1a-0000-7000-8000-000000000001",
  device_seq: 1,
  code: "1",
  scanned_at: 1,
  clock_offset_ms: 0,
  decision: "asked",
};

let bench: Bench;

beforeEach(() => {
  bench = new Bench();
});

/** What a reader of the door topic is told when the server ends it. */
function follower(gateway: Gateway): string[] {
  const told: string[] = [];
  gateway.subscribe(DOOR, { closed: (code) => void told.push(`closed ${code}`) });
  return told;
}

describe("connecting", () => {
  test("a gateway is live once it is welcome", () => {
    const gateway = bench.open();
    const told: Status[] = [];
    gateway.onStatus((status) => told.push(status));

    expect(gateway.status).toBe("connecting");
    bench.server.welcome();

    expect(told).toEqual(["live"]);
  });

  test("a device authenticates first, and subscribes only when the token is good", () => {
    const gateway = bench.open("secret");
    follower(gateway);

    bench.server.welcome();
    expect(bench.connection.received.map(({ t }) => t)).toEqual(["authenticate"]);
    expect(gateway.status).toBe("connecting");
    const { ref, token } = bench.connection.last("authenticate");
    bench.connection.say({ t: "authenticated", ref, device: { id: "d", name: "Door A", event: "e" } });

    expect(token).toBe("secret");
    expect(gateway.status).toBe("live");
    expect(bench.connection.last("subscribe").topic).toBe(DOOR);
  });

  test("a refused token ends everything, and nobody tries again", () => {
    const gateway = bench.open("stolen");
    const told = follower(gateway);

    bench.server.welcome();
    const { ref } = bench.connection.last("authenticate");
    bench.connection.say({ t: "request_refused", ref, code: "token_invalid" });
    bench.timers.pass(60_000);

    expect(told).toEqual(["closed token_invalid"]);
    expect(gateway.status).toBe("offline");
    expect(bench.server.connections).toHaveLength(1);
  });

  test("a server that cannot be reached makes it offline, with ever longer waits", async () => {
    const gateway = bench.open();
    bench.server.isDown = true;
    bench.connection.close(1006);
    expect(gateway.status).toBe("offline");

    const waits: number[] = [];
    for (let waited = 250; waits.length < 7; waited += 250) {
      const before = bench.server.connections.length;
      bench.timers.pass(250);
      await Promise.resolve(); // the refusal arrives
      if (bench.server.connections.length === before) continue;
      waits.push(waited);
      waited = 0;
    }

    // Half of 500 ms, 1 s, 2 s ... as the fake's chance is always a half.
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 5_000, 5_000]);
  });

  test("a page that comes to the front tries at once", () => {
    bench.open();
    bench.connection.close(1006);
    bench.timers.wake();

    expect(bench.server.connections).toHaveLength(2);
  });

  test("a socket that never opens is given up", () => {
    const gateway = bench.open();

    bench.timers.pass(8_500);

    expect(bench.server.connections[0]?.abandoned).toBe(true);
    expect(gateway.status).toBe("offline");
  });

  test("still connecting after three seconds is offline to whoever stands at the door", () => {
    const gateway = bench.open();

    bench.timers.pass(4_000);

    expect(gateway.status).toBe("offline");
  });
});

describe("the heartbeat", () => {
  test("pings every second and a half while answers come", () => {
    const gateway = bench.live();

    bench.passAnswered(30_000);

    expect(gateway.status).toBe("live");
    expect(bench.server.connections).toHaveLength(1);
    expect(bench.connection.count("ping")).toBeGreaterThanOrEqual(20);
  });

  test("three seconds of silence abandon a socket that looks open, without waiting for its close", () => {
    const gateway = bench.live();

    bench.timers.pass(3_500);

    expect(bench.server.connections[0]?.abandoned).toBe(true);
    expect(gateway.status).toBe("offline");
    expect(bench.server.connections).toHaveLength(2);
  });

  test("a socket that died without a word is noticed within four seconds, whenever it died", () => {
    for (let livedFor = 0; livedFor < 3_000; livedFor += 100) {
      bench = new Bench();
      bench.live();
      bench.passAnswered(3_000);
      bench.timers.pass(livedFor % 500);
      if (livedFor >= 500) bench.passAnswered(livedFor - (livedFor % 500));
      const diedAt = bench.timers.now().monotonic;

      while (bench.server.connections[0]?.abandoned === false) bench.timers.pass(50);

      expect(bench.timers.now().monotonic - diedAt).toBeLessThanOrEqual(4_000);
    }
  });

  test("a page in the background, woken once a minute, gives up a dead socket too", () => {
    bench.live();

    bench.timers.sleep(60_000);
    expect(bench.server.connections[0]?.abandoned).toBe(false);
    bench.timers.sleep(60_000);

    expect(bench.server.connections[0]?.abandoned).toBe(true);
  });

  test("a page in the background, woken once a minute, keeps a socket that answers", () => {
    bench.live();

    for (let minute = 0; minute < 5; minute += 1) {
      bench.timers.sleep(60_000);
      bench.server.pong(bench.timers.now().wall);
    }

    expect(bench.server.connections).toHaveLength(1);
  });

  test("a page that slept asks before it gives up its socket", () => {
    const gateway = bench.live();

    bench.timers.sleep(600_000);
    expect(bench.server.connections[0]?.abandoned).toBe(false);
    bench.server.pong(bench.timers.now().wall);
    bench.passAnswered(5_000);

    expect(gateway.status).toBe("live");
    expect(bench.server.connections).toHaveLength(1);
  });

  test("a page that slept through the death of its socket notices soon", () => {
    const gateway = bench.live();

    bench.timers.sleep(600_000);
    bench.timers.pass(2_500);

    expect(bench.server.connections[0]?.abandoned).toBe(true);
    expect(gateway.status).toBe("offline");
  });

  test("sets the clock by the server's", () => {
    const gateway = bench.live();

    bench.timers.pass(1_500);
    bench.server.pong(bench.timers.now().wall + 240_000);

    expect(gateway.clockOffsetMs).toBe(240_000);
    expect(gateway.serverNow()).toBe(bench.timers.now().wall + 240_000);
  });
});

describe("closing", () => {
  test.each([1001, 1006, 4000, 4001, 4002])("after code %i it connects again", (code) => {
    const gateway = bench.live();

    bench.connection.close(code);
    expect(gateway.status).toBe("connecting");
    bench.timers.pass(5_000);
    bench.server.welcome();

    expect(bench.server.connections).toHaveLength(2);
    expect(gateway.status).toBe("live");
  });

  test.each([
    [4500, "topic_forbidden"],
    [4501, "malformed"],
    [4502, "malformed"],
  ])("after code %i it does not, and says so as %s", (code, reason) => {
    const gateway = bench.live();
    const told = follower(gateway);

    bench.connection.close(code);
    bench.timers.pass(60_000);

    expect(told).toEqual([`closed ${reason}`]);
    expect(gateway.status).toBe("offline");
    expect(bench.server.connections).toHaveLength(1);
  });

  test.each([
    ["the server closes for good", () => bench.connection.close(4500), "token_invalid"],
    [
      "its token is refused when it connects anew",
      () => {
        bench.connection.close(1001);
        bench.timers.pass(1_500);
        bench.server.welcome();
        const { ref } = bench.connection.last("authenticate");
        bench.connection.say({ t: "request_refused", ref, code: "token_invalid" });
      },
      "token_invalid",
    ],
  ] as const)("when %s, a device that follows nothing is told too", (_name, refuse, reason) => {
    const gateway = bench.open("secret");
    const told: string[] = [];
    gateway.onEnd((code) => told.push(code));
    bench.server.welcome();

    refuse();

    expect(told).toEqual([reason]);
    bench.timers.pass(60_000);
    expect(told).toEqual([reason]);
  });

  test("a server that welcomes and drops at once is not hammered", () => {
    bench.open();
    for (let passed = 0; passed < 30_000; passed += 250) {
      bench.server.welcome();
      bench.connection.close(4002);
      bench.timers.pass(250);
    }

    expect(bench.server.connections).toHaveLength(7); // every five seconds: half of the crowd's ten
  });

  test("a server that goes away says when to come back, and is asked no sooner", () => {
    const gateway = bench.live();
    bench.server.pong(0);
    bench.connection.say({ t: "going_away", after_ms: 7_000 });
    expect(gateway.status).toBe("live");
    bench.connection.close(4000);

    bench.timers.pass(6_900);
    expect(bench.server.connections).toHaveLength(1);
    bench.timers.pass(100);
    expect(bench.server.connections).toHaveLength(2);
  });

  test("a pause that one server asked for is not the next one's", () => {
    bench.live();
    bench.connection.say({ t: "going_away", after_ms: 7_000 });
    bench.connection.close(4000);
    bench.timers.pass(7_000);
    bench.server.welcome();
    bench.connection.close(1006);

    bench.timers.pass(5_000);
    expect(bench.server.connections).toHaveLength(3);
  });

  test("closing it ourselves ends it", () => {
    const gateway = bench.live();

    gateway.close();
    bench.timers.pass(60_000);
    bench.timers.wake();

    expect(gateway.status).toBe("offline");
    expect(bench.server.connections).toHaveLength(1);
  });
});

describe("a scan", () => {
  test("gets its verdict", async () => {
    const gateway = bench.live();
    const answer = gateway.scan(SCAN, 300);
    const { ref, scan } = bench.connection.last("scan");
    bench.connection.say({
      t: "verdict",
      ref,
      scan_id: scan.scan_id,
      acknowledged: "asked",
      verdict: { t: "refused", reason: "unknown" },
    });

    expect(await answer).toMatchObject({ t: "verdict", acknowledged: "asked" });
  });

  test("waits no longer than its patience", async () => {
    const gateway = bench.live();
    const answer = gateway.scan(SCAN, 300);

    bench.timers.pass(300);

    expect(await answer).toEqual({ t: "no_answer" });
  });

  test("gets no answer at once when nobody is there to ask", async () => {
    expect(await bench.open().scan(SCAN, 300)).toEqual({ t: "no_answer" });
  });

  test("gets no answer when the connection drops meanwhile", async () => {
    const gateway = bench.live();
    const answer = gateway.scan(SCAN, 60_000);

    bench.connection.close(1006);

    expect(await answer).toEqual({ t: "no_answer" });
  });

  test("learns why it was refused", async () => {
    const gateway = bench.live();
    const answer = gateway.scan(SCAN, 300);
    const { ref } = bench.connection.last("scan");
    bench.connection.say({ t: "request_refused", ref, code: "scan_id_taken" });

    expect(await answer).toEqual({ t: "no_answer", code: "scan_id_taken" });
  });
});

test.each(["not json", "[]", "null", "{}", '{"t":"from_the_future","x":1}', "1"])(
  "a frame that is not ours (%s) changes nothing",
  (text) => {
    const gateway = bench.live();

    bench.connection.sayText(text);

    expect(gateway.status).toBe("live");
  },
);
