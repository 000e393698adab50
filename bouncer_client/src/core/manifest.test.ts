import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, test } from "vitest";
import type { DoorSnapshot } from "../../../realtime/client/protocol.gen.ts";
import vectors from "../../../tests/vectors/manifest.json";
import { fromHex, toHex } from "../../../ticketing/client/live_code.ts";
import { toBase64 } from "./bytes.ts";
import { BrokenManifest, Manifest } from "./manifest.ts";

const SNAPSHOT = vectors.snapshot as DoorSnapshot;
const [ACTIVE, INSIDE, REFUNDED] = vectors.standings.map(({ anchor }) => anchor) as [string, string, string];

function read(changes: Partial<DoorSnapshot> = {}): Manifest {
  return Manifest.read({ ...SNAPSHOT, ...changes });
}

/** A snapshot of this many active tickets, each an order of its own: as large as a list can be. */
function large(count: number): DoorSnapshot {
  const rows = Array.from({ length: count }, (_, i) =>
    toHex(sha256(new TextEncoder().encode(`t${i}`)).slice(0, 16)),
  ).sort();
  const anchors = fromHex(rows.join(""));
  return {
    ...SNAPSHOT,
    count,
    checksum: toHex(sha256(anchors)),
    anchors: toBase64(anchors),
    types: toBase64(new Uint8Array(count)),
    statuses: toBase64(new Uint8Array(count)),
    entered_at: toBase64(new Uint8Array(4 * count)),
    doors: toBase64(new Uint8Array(count).fill(255)),
    orders: toBase64(fromHex(rows.map((row) => row.slice(0, 16)).join(""))),
    order_admits: toBase64(new Uint8Array(count).fill(1)),
  };
}

describe("reading", () => {
  test.each(vectors.standings)("finds what the server knows of $anchor", ({ anchor, standing }) => {
    expect(read().standing(fromHex(anchor))).toEqual(standing);
  });

  test("counts heads: the refunded are not expected", () => {
    expect(read().headCount()).toEqual({ inside: 1, expected: 2 });
  });

  test("an empty manifest is a manifest", () => {
    const manifest = Manifest.read(large(0));

    expect(manifest.count).toBe(0);
    expect(manifest.standing(fromHex(ACTIVE))).toBeNull();
  });

  test("fifty thousand tickets are all found", { timeout: 30_000 }, () => {
    const snapshot = large(50_000);
    const manifest = Manifest.read(snapshot);
    const raw = atob(snapshot.anchors);

    for (const i of [0, 1, 24_999, 49_998, 49_999]) {
      const anchor = Uint8Array.from(raw.slice(16 * i, 16 * i + 16), (c) => c.charCodeAt(0));
      expect(manifest.standing(anchor)?.status).toBe("active");
    }
    expect(JSON.stringify(snapshot).length).toBeLessThan(2_500_000);
  });
});

describe("a broken manifest is refused", () => {
  test.each<[string, Partial<DoorSnapshot>]>([
    ["a wrong checksum", { checksum: "00".repeat(32) }],
    ["a wrong count", { count: 4 }],
    ["a column too short", { types: "AAE=" }],
    ["half a time", { entered_at: "AAAAAAAAUfs=" }],
    ["a column that is not base64", { statuses: "*" }],
    ["a column that is missing", { anchors: undefined as unknown as string }],
    ["a salt of the wrong length", { window: { ...SNAPSHOT.window, salt: "AAAA" } }],
  ])("for %s", (_name, changes) => {
    expect(() => read(changes)).toThrow(BrokenManifest);
  });

  test("for anchors out of order, even with their own checksum", () => {
    const anchors = fromHex(INSIDE + ACTIVE + REFUNDED);

    expect(() => read({ anchors: toBase64(anchors), checksum: toHex(sha256(anchors)) })).toThrow(
      "not sorted",
    );
  });
});

describe("the log's entries", () => {
  test("a ticket that entered is red with its time and door from then on", () => {
    const manifest = read();
    manifest.apply({ t: "ticket_entered", anchor: ACTIVE, at: 1_700_000_300_999, door: "Door Ü 🚪" });

    expect(manifest.standing(fromHex(ACTIVE))).toEqual({
      ticket_type: "General admission",
      status: "redeemed",
      entry: { at: 1_700_000_300_000, door: "Door Ü 🚪" },
    });
    expect(manifest.headCount()).toEqual({ inside: 2, expected: 2 });
  });

  test("an entry that was taken back never was one", () => {
    const manifest = read();
    manifest.apply({ t: "ticket_undone", anchor: INSIDE, status: "active" });

    expect(manifest.standing(fromHex(INSIDE))).toMatchObject({ status: "active", entry: null });
    expect(manifest.headCount()).toEqual({ inside: 0, expected: 2 });
  });

  test("an entry taken back of a ticket that was refunded meanwhile opens nothing", () => {
    const manifest = read();
    manifest.apply({ t: "ticket_undone", anchor: INSIDE, status: "refunded" });
    manifest.apply({ t: "ticket_undone", anchor: "77".repeat(16), status: "active" });

    expect(manifest.standing(fromHex(INSIDE))).toMatchObject({ status: "refunded", entry: null });
  });

  test("a ticket seen twice keeps its entry: a move is told by itself", () => {
    const manifest = read();
    const before = manifest.standing(fromHex(INSIDE));
    manifest.apply({
      t: "ticket_seen_twice",
      anchor: INSIDE,
      first_at: 1_700_000_100_000,
      first_door: "Door B",
      second_at: 1_700_000_123_000,
      second_door: "Door A",
      admitted: true,
    });

    expect(manifest.standing(fromHex(INSIDE))).toEqual(before);
  });

  test("an entry that turns out to have been an earlier one takes its place", () => {
    const manifest = read();
    manifest.apply({
      t: "entry_moved",
      anchor: INSIDE,
      status: "redeemed",
      at: 1_700_000_100_000,
      door: "Door B",
      scan_id: "018f4e1b-7777-7000-8000-000000000001",
      was_at: 1_700_000_123_000,
      was_door: "Door A",
    });

    expect(manifest.standing(fromHex(INSIDE))?.entry).toEqual({ at: 1_700_000_100_000, door: "Door B" });
  });

  test("orders let in as many as the last word on them says, and are kept", () => {
    const manifest = read();
    const [known, refunded, unknown] = vectors.orders.map(({ hash }) => hash);
    if (known === undefined || refunded === undefined || unknown === undefined) throw new Error("no orders");
    expect([known, refunded, unknown].map((hash) => manifest.admits(hash))).toEqual([2, 0, null]);

    manifest.apply({ t: "tickets_changed", tickets: [], order: { hash: known, admits: 1 } });
    manifest.apply({ t: "tickets_issued", tickets: [], order: { hash: unknown, admits: 4 } });

    const kept = Manifest.read(manifest.snapshot());
    expect([known, refunded, unknown].map((hash) => kept.admits(hash))).toEqual([1, 0, 4]);
  });

  test("a refunded ticket is red from then on, and one that is given back is what it was", () => {
    const manifest = read();
    manifest.apply({
      t: "tickets_changed",
      tickets: [
        { anchor: ACTIVE, status: "refunded" },
        { anchor: INSIDE, status: "refunded" },
        { anchor: REFUNDED, status: "active" },
      ],
    });

    expect([ACTIVE, INSIDE, REFUNDED].map((anchor) => manifest.standing(fromHex(anchor))?.status)).toEqual([
      "refunded",
      "refunded",
      "active",
    ]);
    expect(manifest.headCount()).toEqual({ inside: 0, expected: 1 });

    manifest.apply({ t: "tickets_changed", tickets: [{ anchor: INSIDE, status: "redeemed" }] });

    expect(manifest.standing(fromHex(INSIDE))).toEqual(vectors.standings[1]?.standing);
  });

  test("a ticket of a disputed payment does not enter", () => {
    const manifest = read();
    manifest.apply({ t: "tickets_changed", tickets: [{ anchor: ACTIVE, status: "void" }] });

    expect(manifest.standing(fromHex(ACTIVE))?.status).toBe("void");
  });

  test("a change of a ticket that is not on the list changes nothing", () => {
    const manifest = read();
    manifest.apply({ t: "tickets_changed", tickets: [{ anchor: "ab".repeat(16), status: "void" }] });

    expect(manifest.snapshot()).toEqual(SNAPSHOT);
  });

  test("new tickets, of a new type too, are on the list at once", () => {
    const manifest = read();
    const tickets = ["ff".repeat(16), "00".repeat(16), "77".repeat(16), "77".repeat(16)];
    manifest.apply({
      t: "tickets_issued",
      tickets: [...tickets, INSIDE].map((anchor) => ({ anchor, ticket_type: "Balcony" })),
    });

    for (const anchor of tickets)
      expect(manifest.standing(fromHex(anchor))).toEqual({
        ticket_type: "Balcony",
        status: "active",
        entry: null,
      });
    for (const { anchor, standing } of vectors.standings.slice(0, 3))
      expect(manifest.standing(fromHex(anchor))).toEqual(standing);
    expect(manifest.count).toBe(6);
  });

  test("an entry of a ticket that is not on the list, or that is not for the door, changes nothing", () => {
    const manifest = read();
    manifest.apply({ t: "ticket_entered", anchor: "ab".repeat(16), at: 1_700_000_300_000, door: "Door A" });
    manifest.apply({ t: "nothing" });

    expect(manifest.snapshot()).toEqual(SNAPSHOT);
  });

  test("an entry from before the clock's base is still an entry", () => {
    const manifest = read();
    manifest.apply({ t: "ticket_entered", anchor: ACTIVE, at: 1_600_000_000_000, door: "Door A" });

    expect(manifest.standing(fromHex(ACTIVE))?.status).toBe("redeemed");
    expect(manifest.standing(fromHex(ACTIVE))?.entry).not.toBeNull();
  });

  test("with more doors than a byte can name, the time still stands", () => {
    const manifest = read({ door_names: Array.from({ length: 255 }, (_, i) => `Door ${i}`) });
    manifest.apply({ t: "ticket_entered", anchor: ACTIVE, at: 1_700_000_300_000, door: "One too many" });

    expect(manifest.standing(fromHex(ACTIVE))?.entry).toEqual({ at: 1_700_000_300_000, door: "" });
  });
});

test("what is kept is read again as it was", () => {
  const manifest = read();
  manifest.apply({ t: "tickets_issued", tickets: [{ anchor: "77".repeat(16), ticket_type: "Balcony" }] });
  manifest.apply({ t: "ticket_entered", anchor: "77".repeat(16), at: 1_700_000_300_000, door: "Door B" });
  const kept = JSON.parse(JSON.stringify(manifest.snapshot())) as DoorSnapshot;

  expect(Manifest.read(kept).snapshot()).toEqual(manifest.snapshot());
  expect(Manifest.read(kept).standing(fromHex("77".repeat(16)))?.entry?.door).toBe("Door B");
});
