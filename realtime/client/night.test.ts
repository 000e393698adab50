import { describe, expect, test } from "vitest";
import recorded from "../../tests/vectors/night.json";
import type { SalesSnapshot } from "./protocol.gen.ts";
import { applySalesFact, type SalesFact } from "./reducers.ts";

/** A night that really happened to the services: every domain event is in it (tests/unit/test_night.py). */
interface Night {
  readonly places: readonly { readonly seq: number; readonly sales: SalesSnapshot }[];
  readonly entries: readonly { readonly seq: number; readonly sales: SalesFact }[];
}

const night = recorded as unknown as Night; // JSON's strings are wider than the protocol's tags

const visits = night.places.flatMap((old, i) => night.places.slice(i + 1).map((now) => ({ old, now })));

describe("whoever left at one entry and came back at another sees what a fresh page shows", () => {
  test.each(visits)("$old.seq, $now.seq", ({ old, now }) => {
    const missed = night.entries.filter(({ seq }) => seq > old.seq && seq <= now.seq);

    const page = missed.reduce((sofar, { seq, sales }) => applySalesFact(sofar, seq, sales), old.sales);

    expect(missed.length).toBe(now.seq - old.seq);
    expect(page).toEqual(now.sales);
  });
});
