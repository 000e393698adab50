import { beforeEach, describe, expect, test } from "vitest";
import { type Gateway, openGateway } from "../../realtime/client/gateway.ts";
import type {
  Drain,
  Drained,
  ScanFact,
  ServerMessage,
  UndoRefusal,
} from "../../realtime/client/protocol.gen.ts";
import { FakeServer, FakeTimers } from "../../realtime/client/testing.ts";
import { Keeper } from "./adapters/keeper.ts";
import { MemoryJournal } from "./adapters/memory_journal.ts";
import { MemoryStore } from "./adapters/memory_store.ts";
import type { Verdict } from "./core/admission.ts";
import { isConfirmed } from "./core/journal.ts";
import { Manifest } from "./core/manifest.ts";
import { STARTS_AT, snapshotOf, ticket } from "./core/testing.ts";
import { Door } from "./door.ts";
import type { Post } from "./sending.ts";

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
let post: Post;

beforeEach(async () => {
  post = async () => "unreachable";
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
  door = new Door({
    ...{ identity, kept, gateway, journal, keeper, timers, random, links: null },
    post: (...told) => post(...told),
    askOrder: async () => null,
  });
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

/** The server takes the newest batch over: this is what it makes of each scan, and of each undo. */
async function takeOver(
  verdict: (scan: ScanFact) => Verdict = ({ scanned_at }) => admitted(scanned_at),
  refusal: UndoRefusal | null = null,
): Promise<void> {
  server.connection.say(drainedBy(server.connection.last("drain"), verdict, refusal));
  await settle();
}

function drainedBy(
  { ref, scans = [], undos = [] }: Drain,
  verdict: (scan: ScanFact) => Verdict,
  refusal: UndoRefusal | null,
): Drained {
  return {
    t: "drained",
    ref,
    scans: scans.map((scan) => ({
      scan_id: scan.scan_id,
      acknowledged: scan.decision,
      verdict: verdict(scan),
    })),
    undos: undos.map(({ undo_id, scan_id }) => ({ undo_id, scan_id, refusal })),
    refused: [],
  };
}

function admitted(at = timers.now().wall): Verdict {
  return { t: "admitted", ticket_type: "General admission", entry: { at, door: "Door A" } };
}

function entered(name: string, seq: number): ServerMessage {
  return {
    t: "fact",
    topic: TOPIC,
    seq,
    fact: { t: "ticket_entered", anchor: ticket(name).anchor, at: timers.now().wall, door: "Door A" },
  };
}

/** Scans of a long night without a network. */
async function fillJournal(count: number): Promise<void> {
  for (let n = 0; n < count; n++)
    await journal.append({
      scan_id: `scan-${n}`,
      device: DEVICE.id,
      code: "1".repeat(45),
      anchor: n.toString(16).padStart(32, "0"),
      scanned_at: NOW + n,
      clock_offset_ms: 0,
      decision: "admitted_offline",
      verdict: admitted(),
      outcome: null,
      acknowledged: null,
    });
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
    const [told] = server.connection.last("drain").scans ?? [];
    expect(told).toMatchObject({ decision: "admitted_offline", device_seq: 1 });
    expect(told?.scan_id).toBe(server.connection.last("scan").scan.scan_id);
    expect(door.state.unsent).toBe(1);
    await takeOver();
    expect(door.state.unsent).toBe(0);
    expect(door.state.alerts).toEqual([]);
  });

  test("an answer to the question does not settle the decision that came after it", async () => {
    await show("fan");
    timers.pass(300);
    await settle();
    await answer(admitted(), "asked");
    const { ref, scans = [] } = server.connection.last("drain");
    const early = scans.map(({ scan_id }) => ({
      scan_id,
      acknowledged: "asked" as const,
      verdict: admitted(),
    }));
    server.connection.say({ t: "drained", ref, scans: early, undos: [], refused: [] });
    await settle();

    expect(door.state.unsent).toBe(1);
    await takeOver();
    expect(door.state.unsent).toBe(0);
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
        timers.pass(1_500);
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

    const told = server.connection.last("drain").scans ?? [];
    expect(told.map(({ device_seq, decision }) => [device_seq, decision])).toEqual([
      [1, "admitted_offline"],
      [2, "admitted_offline"],
    ]);
    await takeOver();
    expect(door.state).toMatchObject({ unsent: 0, alerts: [] });
  });

  test("a ticket that another phone had let in meanwhile becomes a loud alert", async () => {
    await show("fan");
    await goLive();
    await takeOver(() => ({
      t: "already_in",
      ticket_type: "GA",
      entry: { at: NOW - 60_000, door: "Door B" },
    }));

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
    const { ref, scans } = server.connection.last("drain");
    const id = scans?.[0]?.scan_id ?? "";
    server.connection.say({
      t: "drained",
      ref,
      scans: [],
      undos: [],
      refused: [{ id, code: "scan_id_taken" }],
    });
    await settle();
    timers.pass(1_000);

    expect(door.state.unsent).toBe(1);
    expect(server.connection.count("drain")).toBe(1);
  });

  test("a batch that nobody answered is sent again as it was, over the next connection too", async () => {
    await show("fan");
    await goLive();
    const first = server.connection.last("drain").scans;
    server.connection.close(1001);
    await settle();
    timers.pass(1_500);
    await goLive();

    expect(server.connection.last("drain").scans).toEqual(first);
    await takeOver();
    expect(door.state.unsent).toBe(0);
  });

  test("where no socket can be had but HTTP can, the journal goes up by HTTP, batch after batch", async () => {
    server.isDown = true;
    const batches: number[] = [];
    post = async (scans) => {
      batches.push(scans.length);
      return drainedBy(
        { t: "drain", ref: 0, scans: [...scans] },
        ({ scanned_at }) => admitted(scanned_at),
        null,
      );
    };
    for (const name of ["fan", "next"]) {
      await show(name);
      nothingInView(2_000);
    }
    expect(door.state.unsent).toBe(2);

    timers.pass(10_000);
    await settle();

    expect([door.state.unsent, batches]).toEqual([0, [2]]);
    expect((await journal.rows(DEVICE.id)).every(isConfirmed)).toBe(true);
  });

  test("ten thousand scans drain in batches, each counted once", async () => {
    await fillJournal(10_000);
    await open();
    await goLive();
    const told: number[] = [];
    for (let batch = 0; batch < 50; batch++) {
      told.push(...(server.connection.last("drain").scans ?? []).map(({ device_seq }) => device_seq));
      await takeOver();
    }

    expect([told.length, new Set(told).size, told[0], told.at(-1)]).toEqual([10_000, 10_000, 1, 10_000]);
    expect(door.state.unsent).toBe(0);
  }, 30_000);

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

  test("a scan that died before its answer goes up as one of which nobody knows, and the screen says so", async () => {
    await goLive();
    await show("fan");
    door.stop();
    await open();

    expect(door.state).toMatchObject({ unsent: 1, inside: 0, screen: { verdict: { t: "interrupted" } } });
    door.dismiss();
    expect(door.state.screen).toBeNull();
    await goLive();
    expect(server.connection.last("drain").scans).toMatchObject([{ decision: "unknown", device_seq: 1 }]);
  });

  test("the guest of a scan that died may be scanned again at once", async () => {
    await goLive();
    await show("fan");
    door.stop();
    server.isDown = true;
    await open();
    await show("fan");

    expect(door.state.screen?.verdict.t).toBe("admitted");
    expect(await journal.rows(DEVICE.id)).toHaveLength(2);
  });

  test("a scan that died an hour ago is in nobody's way", async () => {
    await goLive();
    await show("fan");
    door.stop();
    timers.pass(3_600_000);
    await open();

    expect(door.state.screen).toBeNull();
    expect(door.state.recent).toMatchObject([{ decision: "unknown" }]);
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

describe("taking an admission back", () => {
  test("it is journalled, told, and the ticket may enter again; the head count follows", async () => {
    await goLive();
    await show("fan");
    await answer(admitted());
    server.connection.say(entered("fan", 8));
    const { scanId = "" } = door.state.screen ?? {};
    expect([...door.state.undoable]).toEqual([scanId]);

    expect(await door.undo(scanId)).toBe(true);

    expect(door.state).toMatchObject({ inside: 0, screen: null, unsent: 1 });
    expect([door.state.undone.has(scanId), door.state.undoable.size]).toEqual([true, 0]);
    expect(server.connection.last("drain")).toMatchObject({
      scans: [],
      undos: [{ scan_id: scanId, device_seq: 2, undone_at: timers.now().wall }],
    });
    await takeOver();
    expect(door.state).toMatchObject({ unsent: 0, alerts: [] });
    server.connection.say({
      t: "fact",
      topic: TOPIC,
      seq: 9,
      fact: { t: "ticket_undone", anchor: ticket("fan").anchor, status: "active" },
    });
    expect(door.state.inside).toBe(0);
  });

  test("without a network too: the guest may come back, also when the phone was opened anew", async () => {
    await show("fan");
    await door.undo(door.state.screen?.scanId ?? "");
    expect(door.state).toMatchObject({ inside: 0, unsent: 2 });
    door.stop();
    await open();
    expect(door.state).toMatchObject({ inside: 0, unsent: 2 });

    nothingInView(10_000);
    await show("fan");

    expect(door.state).toMatchObject({ inside: 1, screen: { verdict: { t: "admitted" } } });
    await goLive();
    const { scans = [], undos = [] } = server.connection.last("drain");
    expect([...scans, ...undos].map(({ device_seq }) => device_seq)).toEqual([1, 3, 2]);
  });

  test("an entry that the log told before the network went may be taken back offline", async () => {
    await goLive();
    await show("fan");
    await answer(admitted());
    server.connection.say(entered("fan", 8));
    const { scanId = "" } = door.state.screen ?? {};
    server.connection.close(1006);
    await door.undo(scanId);
    nothingInView(10_000);
    await show("fan");

    expect(door.state.screen).toMatchObject({ verdict: { t: "admitted" }, confirmed: false });
    expect(door.state.inside).toBe(1);
  });

  test("only for five minutes, only what was let in here, and only once", async () => {
    await show("fan");
    const scanId = door.state.screen?.scanId ?? "";
    nothingInView(10_000);
    await show("fan");
    expect(door.state.screen?.verdict.t).toBe("already_in");
    expect(await door.undo(door.state.screen?.scanId ?? "")).toBe(false);
    let isTold = false;
    door.onChange(() => {
      isTold = door.state.undoable.size === 0;
    });

    timers.pass(300_000);

    expect([isTold, await door.undo(scanId)]).toEqual([true, false]);
    expect(await journal.undos(DEVICE.id)).toEqual([]);
  });

  test("one that the server refuses is said loudly, and the guest counts as in", async () => {
    await show("fan");
    await door.undo(door.state.screen?.scanId ?? "");
    await goLive();
    await takeOver(undefined, "too_late");
    server.connection.say(entered("fan", 8));

    expect(door.state).toMatchObject({ inside: 1, alerts: [{ kind: "not_undone", reason: "too_late" }] });
    expect(door.state.undone.size).toBe(0);
  });

  test("without a journal nothing is taken back", async () => {
    await show("fan");
    journal.undo = () => Promise.reject(new DOMException("full", "QuotaExceededError"));

    expect(await door.undo(door.state.screen?.scanId ?? "")).toBe(false);
    expect(door.state).toMatchObject({ inside: 1 });
    expect(door.state.fault).toContain("must not scan");
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
