import { beforeEach, describe, expect, test } from "vitest";
import { type Gateway, openGateway } from "../../realtime/client/gateway.ts";
import type { ScanFact } from "../../realtime/client/protocol.gen.ts";
import { FakeServer, FakeTimers } from "../../realtime/client/testing.ts";
import { Keeper } from "./adapters/keeper.ts";
import { MemoryJournal } from "./adapters/memory_journal.ts";
import { MemoryStore } from "./adapters/memory_store.ts";
import type { Verdict } from "./core/admission.ts";
import { Manifest } from "./core/manifest.ts";
import { STARTS_AT, snapshotOf, ticket } from "./core/testing.ts";
import { Door } from "./door.ts";

const DEVICE = { id: "device-1", name: "Door A", event: "018f4e1a-0000-7000-8000-000000000001" };
const TOPIC = `door:${DEVICE.event}`;
const NOW = STARTS_AT + 3_000_000;

let server: FakeServer;
let timers: FakeTimers;
let journal: MemoryJournal;
let keeper: Keeper;
let store: MemoryStore;
let gateway: Gateway;
let door: Door;

beforeEach(async () => {
  server = new FakeServer();
  timers = new FakeTimers();
  timers.wallStartsAt = NOW;
  journal = new MemoryJournal();
  store = new MemoryStore();
  keeper = new Keeper(store);
  await open();
});

/** Open the app on this phone: the journal and the storage are those of its earlier lives. */
async function open(): Promise<void> {
  gateway = openGateway({ url: "ws://x/ws", token: "t", socket: server.socket, timers, random: () => 0.5 });
  const manifest = Manifest.read(snapshotOf({ fan: "active", next: "active", gone: "refunded" }));
  const kept = keeper.manifest() ?? { manifest, seq: 7, epoch: "e1", asOf: NOW };
  const identity = { token: "t", device: DEVICE };
  const random = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes);
  door = new Door({ identity, kept, gateway, journal, keeper, timers, random });
  await door.start();
}

/** Let everything that waits for the journal or an answer go on. */
async function settle(): Promise<void> {
  for (let i = 0; i < 30; i++) await Promise.resolve();
}

async function goLive(): Promise<void> {
  server.welcome(timers.now().wall);
  const { ref } = server.connection.last("authenticate");
  server.connection.say({ t: "authenticated", ref, device: DEVICE });
  server.join(server.connection.last("subscribe").since ?? 0, true);
  await settle();
}

async function show(name: string): Promise<void> {
  door.seen(ticket(name).codeAt(timers.now().wall));
  await settle();
}

/** The camera looks for so long, and there is no code. */
function nothingInView(ms: number): void {
  for (let passed = 0; passed < ms; passed += 100) {
    timers.pass(100);
    door.seen(null);
  }
}

/** The server answers the newest scan. */
async function answer(verdict: Verdict, acknowledged?: ScanFact["decision"]): Promise<void> {
  const { ref, scan } = server.connection.last("scan");
  server.connection.say({
    t: "verdict",
    ref,
    scan_id: scan.scan_id,
    acknowledged: acknowledged ?? scan.decision,
    verdict,
  });
  await settle();
}

function admitted(at = timers.now().wall): Verdict {
  return { t: "admitted", ticket_type: "General admission", entry: { at, door: "Door A" } };
}

describe("live", () => {
  beforeEach(goLive);

  test("resumes the show's log from the place that the list stands at", () => {
    expect(server.connection.last("subscribe")).toMatchObject({ topic: TOPIC, since: 7, epoch: "e1" });
    expect(door.state).toMatchObject({ status: "live", tickets: 3, inside: 0, expected: 2, unsent: 0 });
  });

  test("a scan is journalled, asked, confirmed, and owed no more", async () => {
    await show("fan");
    const [row] = await journal.rows(DEVICE.id);
    expect(row).toMatchObject({ decision: "asked", device_seq: 1, acknowledged: null });
    expect(server.connection.last("scan").scan.scan_id).toBe(row?.scan_id);

    await answer(admitted());

    expect(door.state.screen).toMatchObject({ verdict: { t: "admitted" }, confirmed: true });
    expect((await journal.rows(DEVICE.id))[0]).toMatchObject({ acknowledged: "asked" });
    expect(door.state).toMatchObject({ unsent: 0, inside: 1 });
  });

  test("no answer within 300 ms: the phone lets the ticket in and tells the server so, under the same id", async () => {
    await show("fan");
    timers.pass(300);
    await settle();

    expect(door.state.screen).toMatchObject({ verdict: { t: "admitted" }, confirmed: false });
    const told = server.connection.last("scan").scan;
    expect(told).toMatchObject({ decision: "admitted_offline", device_seq: 1 });
    expect(server.connection.count("scan")).toBe(2);
    expect(door.state.unsent).toBe(1);
    await answer(admitted());
    expect(door.state.unsent).toBe(0);
    expect(door.state.alerts).toEqual([]);
  });

  test("an answer to the question does not settle the decision that came after it", async () => {
    await show("fan");
    timers.pass(300);
    await settle();
    await answer(admitted(), "asked");

    expect(door.state.unsent).toBe(1);
    await answer(admitted());
    timers.pass(5_000);
    await settle();
  });

  test("a ticket that enters elsewhere is red here at once", async () => {
    server.connection.say({
      t: "fact",
      topic: TOPIC,
      seq: 8,
      fact: { t: "ticket_entered", anchor: ticket("fan").anchor, at: NOW - 60_000, door: "Door B" },
    });

    expect(door.state.inside).toBe(1);
    server.connection.close(4000);
    await show("fan");
    expect(door.state.screen).toMatchObject({
      verdict: { t: "already_in", entry: { at: NOW - 60_000, door: "Door B" } },
      confirmed: false,
    });
  });

  test("a double entry that comes to light anywhere is told here", () => {
    server.connection.say({
      t: "fact",
      topic: TOPIC,
      seq: 8,
      fact: {
        t: "ticket_seen_twice",
        anchor: ticket("fan").anchor,
        first_at: 1,
        first_door: "Door B",
        second_at: 2,
        second_door: "Door C",
        admitted: true,
      },
    });

    expect(door.state.alerts).toMatchObject([{ kind: "let_in_twice", first: { door: "Door B" } }]);
    door.dismissAlert(ticket("fan").anchor);
    expect(door.state.alerts).toEqual([]);
  });

  test.each<[string, () => void]>([
    ["the server closes its socket for good", () => server.connection.close(4500)],
    [
      "its token is refused when it connects anew",
      () => {
        server.connection.close(1001);
        timers.pass(500);
        server.welcome(timers.now().wall);
        const { ref } = server.connection.last("authenticate");
        server.connection.say({ t: "request_refused", ref, code: "token_invalid" });
      },
    ],
    [
      "its own door is refused to it",
      () => server.connection.say({ t: "topic_closed", topic: TOPIC, code: "topic_forbidden" }),
    ],
  ])(
    "a phone is removed at once when %s: its list and its token go, unsent scans stay",
    async (_name, remove) => {
      keeper.saveIdentity({ token: "t", device: DEVICE });
      await show("fan");
      timers.pass(300);
      await settle();
      let isTold = false;
      door.onChange(() => {
        isTold = door.state.isRemoved;
      });

      remove();

      expect([isTold, door.state.unsent]).toEqual([true, 1]);
      timers.pass(60_000);
      door.stop();
      expect([keeper.manifest(), keeper.identity()]).toEqual([null, null]);
      expect(await journal.rows(DEVICE.id)).toHaveLength(1);
    },
  );

  test("a phone that waits for a sound list is removed all the same", () => {
    server.connection.say({
      t: "snapshot",
      topic: TOPIC,
      epoch: "e1",
      seq: 20,
      snapshot: { ...snapshotOf({ fan: "active" }), checksum: "00" },
    });

    server.connection.close(4500);

    expect(door.state.isRemoved).toBe(true);
  });

  test("a broken list is not taken: the phone keeps its own and asks again", () => {
    server.connection.say({
      t: "snapshot",
      topic: TOPIC,
      epoch: "e1",
      seq: 20,
      snapshot: { ...snapshotOf({ fan: "active" }), checksum: "00" },
    });
    expect(door.state.tickets).toBe(3);
    expect(door.state.fault).toContain("broken");

    server.pong(NOW);
    timers.pass(2_000);
    server.pong(NOW);
    timers.pass(2_000);
    server.pong(NOW);
    timers.pass(1_500);
    expect(server.connection.last("subscribe")).toMatchObject({ since: 7 });
    server.join(9, false);
    server.connection.say({
      t: "snapshot",
      topic: TOPIC,
      epoch: "e1",
      seq: 9,
      snapshot: snapshotOf({ fan: "active" }),
    });

    expect(door.state).toMatchObject({ tickets: 1, fault: null });
  });
});

describe("offline", () => {
  test("scans go on, are counted as unsent, and drain by themselves when the network is back", async () => {
    await show("fan");
    expect(door.state).toMatchObject({ unsent: 1, inside: 1, screen: { confirmed: false } });
    timers.pass(1_000);
    await show("next");
    timers.pass(1_000);
    await goLive();

    const told = server.connection.received.flatMap((message) => (message.t === "scan" ? [message] : []));
    expect(told.map(({ scan }) => [scan.device_seq, scan.decision])).toEqual([
      [1, "admitted_offline"],
      [2, "admitted_offline"],
    ]);
    for (const { ref, scan } of told)
      server.connection.say({
        t: "verdict",
        ref,
        scan_id: scan.scan_id,
        acknowledged: scan.decision,
        verdict: admitted(scan.scanned_at),
      });
    await settle();
    expect(door.state).toMatchObject({ unsent: 0, alerts: [] });
  });

  test("a ticket that another phone had let in meanwhile becomes a loud alert", async () => {
    await show("fan");
    await goLive();
    await answer({
      t: "already_in",
      ticket_type: "GA",
      entry: { at: NOW - 60_000, door: "Door B" },
    });

    expect(door.state.alerts).toEqual([
      {
        kind: "let_in_twice",
        key: ticket("fan").anchor,
        first: { at: NOW - 60_000, door: "Door B" },
        second: { at: NOW, door: "Door A" },
      },
    ]);
  });

  test("a scan that the server refuses to take stays in the journal, owed, and holds nothing up", async () => {
    await show("fan");
    await goLive();
    const { ref } = server.connection.last("scan");
    server.connection.say({ t: "request_refused", ref, code: "scan_id_taken" });
    await settle();
    timers.pass(1_000);

    expect(door.state.unsent).toBe(1);
    expect(server.connection.count("scan")).toBe(1);
  });

  test("since when is told", () => {
    expect(door.state).toMatchObject({ offlineSince: NOW, listAsOf: NOW });
  });
});

describe("another life of the phone", () => {
  test("what was owed is owed, and whom it let in stays red", async () => {
    await show("fan");
    door.stop();
    await open();

    expect(door.state).toMatchObject({ unsent: 1, inside: 1 });
    nothingInView(10_000);
    await show("fan");
    expect(door.state.screen?.verdict.t).toBe("already_in");
  });

  test("the ticket still in front of the camera is no other attempt, and the screen says why", async () => {
    await show("fan");
    door.stop();
    await open();
    const told: boolean[] = [];
    door.onChange(() => told.push(door.state.isHolding));

    for (let passed = 0; passed < 20_000; passed += 100) {
      timers.pass(100);
      await show("fan");
    }

    expect(await journal.rows(DEVICE.id)).toHaveLength(1);
    expect(told.at(-1)).toBe(true);
    nothingInView(1_000);
    expect(told.at(-1)).toBe(false);
  });

  test("a scan that died before its answer goes up as one that let nobody in", async () => {
    await goLive();
    await show("fan");
    door.stop();
    await open();

    expect(door.state).toMatchObject({ unsent: 1, inside: 0 });
    await goLive();
    expect(server.connection.last("scan").scan).toMatchObject({ decision: "refused_offline", device_seq: 1 });
  });

  test("the list goes on from where it was saved", async () => {
    await goLive();
    server.connection.say({
      t: "fact",
      topic: TOPIC,
      seq: 8,
      fact: { t: "tickets_issued", tickets: [{ anchor: ticket("late").anchor, ticket_type: "Balcony" }] },
    });
    door.stop();
    await open();
    await goLive();

    expect(door.state.tickets).toBe(4);
    expect(server.connection.last("subscribe")).toMatchObject({ since: 8, epoch: "e1" });
  });
});

test("a phone whose journal fails shows no verdict, and says why", async () => {
  journal.append = () => Promise.reject(new DOMException("full", "QuotaExceededError"));
  await show("fan");

  expect(door.state.screen).toBeNull();
  expect(door.state.fault).toContain("must not scan");
  expect(door.state.inside).toBe(0);
});

test("each verdict is announced once", async () => {
  const told: string[] = [];
  door.onVerdict(({ verdict }) => told.push(verdict.t));
  await show("fan");
  await show("fan");
  timers.pass(2_000);

  expect(told).toEqual(["admitted"]);
  expect(door.state.screen).toBeNull();
});
