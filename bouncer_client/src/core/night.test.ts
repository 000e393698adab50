import { describe, expect, test } from "vitest";
import type { DoorSnapshot } from "../../../realtime/client/protocol.gen.ts";
import recorded from "../../../tests/vectors/night.json";
import { fromBase64 } from "./bytes.ts";
import { type DoorFact, Manifest } from "./manifest.ts";

/** A night that really happened to the services: every domain event is in it (tests/unit/test_night.py). */
interface Night {
  readonly places: readonly { readonly seq: number; readonly door: DoorSnapshot }[];
  readonly entries: readonly { readonly seq: number; readonly door: DoorFact }[];
}

const night = recorded as unknown as Night; // JSON's strings are wider than the protocol's tags

const visits = night.places.flatMap((old, i) => night.places.slice(i + 1).map((now) => ({ old, now })));

/** What the list says of each ticket of the show. */
function standings(list: Manifest, snapshot: DoorSnapshot) {
  const anchors = fromBase64(snapshot.anchors);
  return Array.from({ length: snapshot.count }, (_, i) =>
    list.standing(anchors.subarray(16 * i, 16 * i + 16)),
  );
}

describe("a phone that left at one entry and came back at another has the list that a new phone gets", () => {
  test.each(visits)("$old.seq, $now.seq", ({ old, now }) => {
    const list = Manifest.read(old.door);
    const fresh = Manifest.read(now.door);

    for (const { seq, door } of night.entries) if (seq > old.seq && seq <= now.seq) list.apply(door);

    expect(list.count).toBe(now.door.count);
    expect(list.checksum).toBe(now.door.checksum);
    expect(standings(list, now.door)).toEqual(standings(fresh, now.door));
    expect(list.headCount()).toEqual(fresh.headCount());
  });
});
