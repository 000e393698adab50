import { beforeEach, describe, expect, test } from "vitest";
import { type Gateway, openGateway, type Vitals } from "./gateway.ts";
import type { DeviceHere, UndoFact } from "./protocol.gen.ts";
import { FakeServer, FakeTimers } from "./testing.ts";

const DOOR = "door:018f4e1a-0000-7000-8000-000000000001";
const PHONE: DeviceHere = {
  id: "018f4e1a-0000-7000-8000-0000000000d1",
  name: "Door A",
  online: true,
  last_seen_at: 1,
  unsent: 2,
  battery: null,
  scanning: true,
  seq: 7,
};
const UNDO: UndoFact = {
  undo_id: "018f4e1a-0000-7000-8000-0000000000b1",
  scan_id: "018f4e1a-0000-7000-8000-0000000000a1",
  device_seq: 3,
  undone_at: 1,
  clock_offset_ms: 0,
};

let server: FakeServer;
let timers: FakeTimers;
let vitals: Vitals;

beforeEach(() => {
  server = new FakeServer();
  timers = new FakeTimers();
  vitals = { unsent: 2, battery: 0.5, scanning: true };
});

function open(options: { token?: string; random?: number } = { token: "good" }): Gateway {
  const { token, random } = options;
  return openGateway({
    ...(token === undefined ? {} : { token }),
    url: "ws://x/ws",
    socket: server.socket,
    timers,
    random: () => random ?? 0.5,
    vitals: () => vitals,
  });
}

function welcome(): void {
  server.welcome();
  const { ref } = server.connection.last("authenticate");
  const device = { id: PHONE.id, name: PHONE.name, event: DOOR.slice(5) };
  server.connection.say({ t: "authenticated", ref, device });
}

/** Let time pass while the server answers every ping. */
function pass(ms: number): void {
  for (let passed = 0; passed < ms; passed += 500) {
    timers.pass(500);
    server.pong(1_700_000_000_000);
  }
}

describe("how a phone is", () => {
  test("is told as soon as it is let in, with what it knows, and then every ten seconds or so", () => {
    open();
    welcome();
    expect(server.connection.last("heartbeat")).toMatchObject({ ...vitals, seq: null });

    pass(9_500);
    expect(server.connection.count("heartbeat")).toBe(1);
    vitals = { unsent: 0, battery: null, scanning: false };
    pass(1_000);
    expect(server.connection.count("heartbeat")).toBe(2);
    expect(server.connection.last("heartbeat")).toMatchObject(vitals);
  });

  test("is told by some phones sooner and by others later", () => {
    const secondComesAfter = (random: number) => {
      server = new FakeServer();
      timers = new FakeTimers();
      open({ token: "good", random });
      welcome();
      let ms = 0;
      for (; server.connection.count("heartbeat") < 2; ms += 500) pass(500);
      return ms;
    };

    expect(secondComesAfter(0)).toBe(8_000);
    expect(secondComesAfter(0.999)).toBe(12_000);
  });

  test("names the last entry that it knows", () => {
    const gateway = open();
    gateway.subscribe(DOOR, {}, { since: 41, epoch: "e1" });
    welcome();
    server.join(41, true);
    server.connection.say({ t: "fact", topic: DOOR, seq: 42, fact: { t: "nothing" } });

    pass(10_000);
    expect(server.connection.last("heartbeat").seq).toBe(42);
  });

  test("is not told by who is no phone, nor while nobody listens, nor after the end", () => {
    const page = open({});
    server.welcome();
    pass(15_000);
    expect(server.connection.count("heartbeat")).toBe(0);
    page.close();

    const phone = open();
    timers.pass(1_000);
    expect(server.connection.count("heartbeat")).toBe(0);
    welcome();
    phone.close();
    timers.pass(60_000);
    expect(server.connection.count("heartbeat")).toBe(1);
  });
});

describe("who is at the door", () => {
  function watching(): DeviceHere[][] {
    const lists: DeviceHere[][] = [];
    const gateway = open();
    gateway.subscribe(DOOR, { presence: (devices) => void lists.push([...devices]) });
    welcome();
    return lists;
  }

  test("is told as a whole, each time in place of the list before", () => {
    const lists = watching();
    server.join(0, false);
    server.connection.say({ t: "presence", topic: DOOR, devices: [PHONE] });
    server.connection.say({ t: "presence", topic: DOOR, devices: [] });

    expect(lists).toEqual([[PHONE], []]);
  });

  test("is no entry of the log", () => {
    const gateway = open();
    const told: number[] = [];
    gateway.subscribe(DOOR, { fact: (_, seq) => void told.push(seq) }, { since: 1, epoch: "e1" });
    welcome();
    server.join(1, true);
    server.connection.say({ t: "fact", topic: DOOR, seq: 2, fact: { t: "nothing" } });
    server.connection.say({ t: "presence", topic: DOOR, devices: [PHONE] });
    server.connection.say({ t: "fact", topic: DOOR, seq: 3, fact: { t: "nothing" } });

    expect(told).toEqual([2, 3]);
  });

  test("of a topic that is not followed is nobody's business", () => {
    const lists = watching();
    server.connection.say({ t: "presence", topic: "door:other", devices: [PHONE] });

    expect(lists).toEqual([]);
  });
});

describe("an undo", () => {
  test("is answered, also when it changed nothing", async () => {
    const gateway = open();
    welcome();
    const answer = gateway.undo(UNDO, 300);
    const { ref, undo } = server.connection.last("undo");
    const { undo_id, scan_id } = undo;
    server.connection.say({ t: "undo_answered", ref, undo_id, scan_id, refusal: "too_late" });

    expect(await answer).toMatchObject({ t: "undo_answered", undo_id, refusal: "too_late" });
  });

  test("that is refused, unheard or dropped may be told again", async () => {
    const gateway = open();
    expect(await gateway.undo(UNDO, 300)).toEqual({ t: "no_answer" });
    welcome();

    const refused = gateway.undo(UNDO, 300);
    const { ref } = server.connection.last("undo");
    server.connection.say({ t: "request_refused", ref, code: "scan_unknown" });
    expect(await refused).toEqual({ t: "no_answer", code: "scan_unknown" });

    const unheard = gateway.undo(UNDO, 300);
    timers.pass(300);
    expect(await unheard).toEqual({ t: "no_answer" });

    const dropped = gateway.undo(UNDO, 60_000);
    server.connection.close(1006);
    expect(await dropped).toEqual({ t: "no_answer" });
  });
});

describe("a drain", () => {
  test("is answered as a whole", async () => {
    const gateway = open();
    welcome();
    const answer = gateway.drain([], [UNDO], 300);
    const { ref, undos } = server.connection.last("drain");
    server.connection.say({ t: "drained", ref, scans: [], undos: [], refused: [] });

    expect(undos).toEqual([UNDO]);
    expect(await answer).toEqual({ t: "drained", ref, scans: [], undos: [], refused: [] });
  });

  test("that nobody hears may be told again", async () => {
    const gateway = open();
    welcome();
    const answer = gateway.drain([], [UNDO], 60_000);

    server.connection.close(1006);

    expect(await answer).toEqual({ t: "no_answer" });
  });
});

describe("a word to another phone", () => {
  test("is sent when there is a connection, and forgotten when there is none", () => {
    const gateway = open();
    gateway.signal(PHONE.id, "lost");
    welcome();
    gateway.signal(PHONE.id, "heard");

    expect(server.connection.count("signal")).toBe(1);
    expect(server.connection.last("signal")).toMatchObject({ to: PHONE.id, data: "heard" });
  });

  test("is handed to whoever listens, for as long as they do", () => {
    const gateway = open();
    const words: string[] = [];
    const stop = gateway.onSignal((from, data) => void words.push(`${from} ${data}`));
    welcome();
    server.connection.say({ t: "signalled", from: PHONE.id, data: "hello" });
    stop();
    server.connection.say({ t: "signalled", from: PHONE.id, data: "anybody?" });

    expect(words).toEqual([`${PHONE.id} hello`]);
  });
});
