import { beforeEach, expect, test } from "vitest";
import { openGateway } from "../../realtime/client/gateway.ts";
import type { DeviceHere } from "../../realtime/client/protocol.gen.ts";
import { FakeServer, FakeTimers } from "../../realtime/client/testing.ts";
import { Keeper } from "./adapters/keeper.ts";
import { MemoryJournal } from "./adapters/memory_journal.ts";
import { MemoryAir } from "./adapters/memory_links.ts";
import { MemoryStore } from "./adapters/memory_store.ts";
import { Manifest } from "./core/manifest.ts";
import { STARTS_AT, snapshotOf, ticket } from "./core/testing.ts";
import { Door } from "./door.ts";

const EVENT = "018f4e1a-0000-7000-8000-000000000001";
const TOPIC = `door:${EVENT}`;

let air: MemoryAir;
let timers: FakeTimers;
let phones: Phone[];

/** A door phone, and its own end of the server. */
class Phone {
  readonly server = new FakeServer();
  readonly journal = new MemoryJournal();
  readonly device: { id: string; name: string; event: string };
  readonly door: Door;
  private passed = 0;

  constructor(
    readonly name: string,
    links = true,
  ) {
    this.device = { id: `id of ${name}`, name, event: EVENT };
    const identity = { token: "t", device: this.device };
    const { socket } = this.server;
    this.door = new Door({
      ...{ identity, timers, journal: this.journal },
      kept: {
        manifest: Manifest.read(snapshotOf({ fan: "active", next: "active" })),
        seq: 7,
        epoch: "e1",
        asOf: 0,
      },
      gateway: openGateway({ url: "ws://x/ws", token: "t", socket, timers, random: () => 0.5 }),
      keeper: new Keeper(new MemoryStore()),
      random: (bytes) => crypto.getRandomValues(bytes),
      post: async () => "unreachable",
      askOrder: async () => null,
      links: links ? air.links : null,
    });
  }

  async goesLive(): Promise<void> {
    await this.door.start();
    this.server.welcome(timers.now().wall);
    const { ref } = this.server.connection.last("authenticate");
    this.server.connection.say({ t: "authenticated", ref, device: this.device });
    this.server.join(7, true);
  }

  get here(): DeviceHere {
    const rest = { online: true, last_seen_at: 0, unsent: null, battery: 0.5, scanning: true, seq: 7 };
    return { id: this.device.id, name: this.name, ...rest };
  }

  async scans(name: string): Promise<void> {
    this.door.typed(ticket(name).codeAt(timers.now().wall));
    await settle();
  }

  /** The signals of this phone that nobody has carried yet. */
  signals(): { to: string; data: string }[] {
    const all = this.server.connection.received.flatMap((message) =>
      message.t === "signal" ? [message] : [],
    );
    const fresh = all.slice(this.passed);
    this.passed = all.length;
    return fresh;
  }
}

beforeEach(() => {
  air = new MemoryAir();
  timers = new FakeTimers();
  timers.wallStartsAt = STARTS_AT + 3_000_000;
  phones = [];
});

async function settle(): Promise<void> {
  for (let i = 0; i < 40; i++) await Promise.resolve();
}

async function atTheDoor(...names: string[]): Promise<Phone[]> {
  phones = names.map((name) => new Phone(name));
  for (const phone of phones) await phone.goesLive();
  await theServerTells();
  return phones;
}

/** The server says who is here, and carries their signals until nobody has any. */
async function theServerTells(): Promise<void> {
  const devices = phones.map(({ here }) => here);
  for (const { server } of phones) server.connection.say({ t: "presence", topic: TOPIC, devices });
  for (let round = 0; round < 6; round++) {
    await settle();
    for (const from of phones)
      for (const { to, data } of from.signals())
        phones
          .find(({ device }) => device.id === to)
          ?.server.connection.say({ t: "signalled", from: from.device.id, data });
  }
  await settle();
}

function theServerIsGone(): void {
  for (const { server } of phones) {
    server.isDown = true;
    server.connection.close(1006);
  }
}

test("phones of one door find each other, and say how many are near", async () => {
  const [a, b, c] = await atTheDoor("A", "B", "C");

  expect([a, b, c].map((phone) => phone?.door.state.nearby)).toEqual([2, 2, 2]);
  expect(a?.door.state.team.map(({ name }) => name)).toEqual(["A", "B", "C"]);
});

test("without a server a redemption at one phone is red at the others, and counted by all", async () => {
  const [a, b, c] = (await atTheDoor("A", "B", "C")) as [Phone, Phone, Phone];
  theServerIsGone();

  await a.scans("fan");

  for (const phone of [a, b, c]) expect(phone.door.state.inside).toBe(1);
  await b.scans("fan");
  expect(b.door.state.screen).toMatchObject({
    verdict: { t: "already_in", entry: { door: "A" } },
    confirmed: false,
  });
  expect((await c.journal.rows(c.device.id)).length).toBe(0);
  expect([b, c].flatMap(({ door }) => door.state.alerts)).toEqual([]);
});

test("whoever was let in elsewhere is not asked about while the server may not know it yet", async () => {
  const [a, b] = (await atTheDoor("A", "B")) as [Phone, Phone];
  a.server.isDown = true;
  a.server.connection.close(1006);
  await a.scans("fan");

  await b.scans("fan");

  expect(b.door.state).toMatchObject({ status: "live", screen: { verdict: { t: "already_in" } } });
  expect(b.server.connection.count("scan")).toBe(0);
});

test("what one phone takes back may enter at the others", async () => {
  const [a, b] = (await atTheDoor("A", "B")) as [Phone, Phone];
  theServerIsGone();
  await a.scans("fan");
  await a.door.undo(a.door.state.screen?.scanId ?? "");
  await settle();

  expect(b.door.state.inside).toBe(0);
  await b.scans("fan");
  expect(b.door.state.screen?.verdict.t).toBe("admitted");
});

test("a late joiner is told what the others did without a server", async () => {
  const [a] = (await atTheDoor("A", "B")) as [Phone];
  a.server.isDown = true;
  a.server.connection.close(1006);
  await a.scans("fan");
  await settle();
  const late = new Phone("C");
  phones = [...phones.slice(1), late];
  await late.goesLive();
  const names = [a.here, ...phones.map(({ here }) => here)];
  for (const { server } of phones) server.connection.say({ t: "presence", topic: TOPIC, devices: names });
  for (let round = 0; round < 4; round++) {
    await settle();
    for (const from of phones)
      for (const { to, data } of from.signals())
        phones
          .find(({ device }) => device.id === to)
          ?.server.connection.say({ t: "signalled", from: from.device.id, data });
  }
  await settle();

  expect(late.door.state).toMatchObject({ nearby: 1, inside: 1 });
});

test("a phone that is near is near no more when the network between them is cut", async () => {
  const [a] = (await atTheDoor("A", "B")) as [Phone];
  theServerIsGone();
  expect(a.door.state.nearby).toBe(1);
  air.isCut = true;

  timers.pass(4_000);

  expect(a.door.state.nearby).toBe(0);
});

test("where there is no WebRTC everything else is the same", async () => {
  phones = [new Phone("A", false), new Phone("B", false)];
  for (const phone of phones) await phone.goesLive();
  await theServerTells();
  const [a, b] = phones as [Phone, Phone];
  expect(a.signals()).toEqual([]);
  theServerIsGone();

  await a.scans("fan");

  expect([a.door.state.inside, b.door.state.inside, a.door.state.nearby]).toEqual([1, 0, 0]);
});

test("an entry that turns out to be an earlier one is told as let in twice, with both times and doors", async () => {
  const [a] = (await atTheDoor("A")) as [Phone];
  const { anchor } = ticket("fan");
  const moved = { t: "entry_moved", anchor, status: "redeemed", scan_id: "s", at: 1_000, door: "B" } as const;
  const say = (seq: number, was_at: number) =>
    a.server.connection.say({ t: "fact", topic: TOPIC, seq, fact: { ...moved, was_at, was_door: "C" } });

  say(8, 500); // another entry was taken back: nobody is in twice
  expect(a.door.state.alerts).toEqual([]);
  say(9, 2_000);

  expect(a.door.state.alerts).toEqual([
    { kind: "let_in_twice", key: anchor, first: { at: 1_000, door: "B" }, second: { at: 2_000, door: "C" } },
  ]);
});
