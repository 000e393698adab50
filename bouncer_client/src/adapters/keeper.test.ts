import { describe, expect, test } from "vitest";
import { Manifest } from "../core/manifest.ts";
import { snapshotOf } from "../core/testing.ts";
import { type Identity, Keeper, type KeptManifest } from "./keeper.ts";
import { MemoryStore } from "./memory_store.ts";

const IDENTITY: Identity = { token: "t", device: { id: "d", name: "Door A", event: "e" } };
const KEPT: KeptManifest = {
  manifest: Manifest.read(snapshotOf({ fan: "active", inside: "redeemed" })),
  seq: 41,
  epoch: "e1",
  asOf: 1_700_000_000_000,
};

test("what is kept is there for the next visit", () => {
  const store = new MemoryStore();
  const before = new Keeper(store);
  before.saveIdentity(IDENTITY);
  before.saveManifest(KEPT);
  before.saveClockOffset(-240_000);
  before.saveDoorName("Door A");
  const keeper = new Keeper(store);

  expect(keeper.identity()).toEqual(IDENTITY);
  expect(keeper.manifest()?.manifest.snapshot()).toEqual(KEPT.manifest.snapshot());
  expect(keeper.manifest()).toMatchObject({ seq: 41, epoch: "e1", asOf: KEPT.asOf });
  expect([keeper.clockOffset(), keeper.doorName()]).toEqual([-240_000, "Door A"]);
});

test("a phone that forgets keeps neither its token nor its list", () => {
  const store = new MemoryStore();
  const keeper = new Keeper(store);
  keeper.saveIdentity(IDENTITY);
  keeper.saveManifest(KEPT);
  keeper.forget();

  expect([keeper.identity(), keeper.manifest()]).toEqual([null, null]);
  expect([...store.items.values()].join()).not.toContain("anchors");
});

test("who the phone was is kept while it owes scans, whatever else is forgotten", () => {
  const store = new MemoryStore();
  const keeper = new Keeper(store);
  const before = { token: "t2", device: { id: "d2", name: "Door A", event: "e" } };
  keeper.saveIdentity(IDENTITY);
  keeper.owe(before);
  keeper.owe(IDENTITY);
  keeper.owe(IDENTITY);
  keeper.forget();
  expect(new Keeper(store).debts()).toEqual([before, IDENTITY]);

  keeper.settled(before);
  expect(keeper.debts()).toEqual([IDENTITY]);
});

test("without room for a new manifest the one before stays", () => {
  const store = new MemoryStore(1_600);
  const keeper = new Keeper(store);
  expect(keeper.saveManifest(KEPT)).toBe(true);

  const crowd = Object.fromEntries(Array.from({ length: 100 }, (_, i) => [`fan ${i}`, "active" as const]));
  expect(keeper.saveManifest({ ...KEPT, seq: 42, manifest: Manifest.read(snapshotOf(crowd)) })).toBe(false);

  expect(keeper.manifest()?.seq).toBe(41);
});

describe("what cannot be read counts as not there", () => {
  test.each(["", "{", "null", "[]", '"x"', "1", '{"token":5}'])("%s", (text) => {
    const store = new MemoryStore();
    for (const key of ["identity", "manifest", "clock", "name"]) store.setItem(`ngn.door.${key}`, text);
    const keeper = new Keeper(store);

    expect(keeper.identity()).toBeNull();
    expect(keeper.manifest()).toBeNull();
    expect(Number.isFinite(keeper.clockOffset())).toBe(true);
    expect(typeof keeper.doorName()).toBe("string");
  });

  test("a manifest with a flipped bit", () => {
    const store = new MemoryStore();
    new Keeper(store).saveManifest(KEPT);
    const text = store.getItem("ngn.door.manifest") ?? "";
    store.setItem("ngn.door.manifest", text.replace(/"anchors":"./, '"anchors":"/'));

    expect(new Keeper(store).manifest()).toBeNull();
  });
});
