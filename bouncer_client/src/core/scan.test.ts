import { beforeEach, describe, expect, test } from "vitest";
import type { VerdictGiven } from "../../../realtime/client/protocol.gen.ts";
import type { Verdict } from "./admission.ts";
import { Book } from "./book.ts";
import type { NewRow, ScanRow, Shown } from "./journal.ts";
import { Manifest } from "./manifest.ts";
import { LONG_PATIENCE_MS, PATIENCE_MS, type ScanEffect, ScanFlow, type Situation } from "./scan.ts";
import { at, STARTS_AT, snapshotOf, ticket, WENT_IN_AT } from "./testing.ts";

const DEVICE = { id: "device-1", name: "Door A", event: "e" };
const NOW = 3_000;
const CODE = ticket("fan").codeAt(STARTS_AT + NOW * 1000);
const ADMITTED: Verdict = {
  t: "admitted",
  ticket_type: "General admission",
  entry: { at: STARTS_AT + NOW * 1000, door: "Door A" },
};

let book: Book;
let flow: ScanFlow;
let ids: number;

beforeEach(() => {
  ids = 0;
  book = new Book(
    Manifest.read(snapshotOf({ fan: "active", inside: "redeemed", gone: "refunded", next: "active" })),
  );
  flow = new ScanFlow(book, DEVICE, () => `scan-${++ids}`);
});

function only<K extends ScanEffect["do"]>(effects: ScanEffect[], kind: K): Extract<ScanEffect, { do: K }> {
  const found = effects.filter((effect) => effect.do === kind);
  expect(found).toHaveLength(1);
  return found[0] as Extract<ScanEffect, { do: K }>;
}

function kept(row: NewRow): ScanRow {
  return { ...row, device_seq: ids };
}

function answer(verdict: Verdict): VerdictGiven {
  return { t: "verdict", ref: 1, scan_id: `scan-${ids}`, acknowledged: "asked", verdict };
}

/** Show a code to the camera, twice if it takes that, and see the row into the journal. */
function scan(text: string, now: Situation): ScanEffect[] {
  const first = flow.seen(text, now);
  const effects = first.length > 0 ? first : flow.seen(text, now);
  return flow.journalled(kept(only(effects, "append").row), now);
}

/** A whole scan without network, to its screen. */
function offline(text: string, seconds = NOW): Shown {
  return only(scan(text, at(seconds, false)), "show").screen.verdict;
}

/** The camera looks, and there is no code. */
function nothingInView(from: number, to: number): void {
  for (let s = from; s < to; s += 0.1) flow.seen(null, at(s, false));
}

describe("with a server to ask", () => {
  test("the question is journalled first, asked second, shown third", () => {
    const now = at(NOW, true);

    const { row } = only(flow.seen(CODE, now), "append");
    expect(row).toEqual({
      scan_id: "scan-1",
      device: "device-1",
      code: CODE,
      anchor: ticket("fan").anchor,
      scanned_at: STARTS_AT + NOW * 1000,
      clock_offset_ms: 0,
      decision: "asked",
      verdict: null,
      outcome: null,
      acknowledged: null,
    });
    const { patienceMs } = only(flow.journalled(kept(row), now), "ask");
    expect(patienceMs).toBe(PATIENCE_MS);
    const effects = flow.answered(answer(ADMITTED), now);

    expect(effects.map((effect) => effect.do)).toEqual(["acknowledge", "show"]);
    expect(only(effects, "show").screen).toMatchObject({ verdict: ADMITTED, confirmed: true });
  });

  test("the server's word rules over the phone's list", () => {
    const now = at(NOW, true);
    scan(CODE, now);
    const already: Verdict = { t: "already_in", ticket_type: "GA", entry: { at: STARTS_AT, door: "Door B" } };

    expect(only(flow.answered(answer(already), now), "show").screen.verdict).toEqual(already);
  });

  test("no answer in time: the phone decides under the same scan id, and journals that before it shows it", () => {
    const now = at(NOW, true);
    scan(CODE, now);
    const effects = flow.answered(null, at(NOW + 0.3, true));

    expect(effects.map((effect) => effect.do)).toEqual(["decide"]);
    const { scanId, decision, shown } = only(effects, "decide");
    expect({ scanId, decision, t: shown.t }).toEqual({
      scanId: "scan-1",
      decision: "admitted_offline",
      t: "admitted",
    });
    const row = { ...kept(rowOf(CODE)), decision, verdict: shown };
    expect(only(flow.decided(row, now), "show").screen).toMatchObject({ verdict: shown, confirmed: false });
  });

  test("a ticket that became red while nobody answered is refused", () => {
    const now = at(NOW, true);
    scan(CODE, now);
    book.manifest.apply({ t: "ticket_entered", anchor: ticket("fan").anchor, at: STARTS_AT, door: "Door B" });

    const { decision, shown } = only(flow.answered(null, now), "decide");

    expect([decision, shown.t]).toEqual(["refused_offline", "already_in"]);
  });

  test("an entry that the log tells before the answer comes is this scan's own: the guest stays green", () => {
    const now = at(NOW, true);
    scan(CODE, now);
    const entry = { at: now.serverNow + 40, door: "Door A" };
    book.apply({ t: "ticket_entered", anchor: ticket("fan").anchor, ...entry, scan_id: "scan-1" });
    flow.entered("scan-1", entry);

    const { decision, shown } = only(flow.answered(null, now), "decide");

    expect([decision, shown]).toEqual([
      "admitted_offline",
      { t: "admitted", ticket_type: "General admission", entry },
    ]);
  });

  test.each([
    ["a ticket not on the list", ticket("sold a second ago").codeAt(STARTS_AT + NOW * 1000)],
    ["an old code", ticket("fan").codeAt(STARTS_AT + 1_000_000)],
  ])("for %s the server gets more time: the phone alone could not let it in", (_name, code) => {
    expect(only(scan(code, at(NOW, true)), "ask").patienceMs).toBe(LONG_PATIENCE_MS);
  });

  test("a late answer to a scan that is over changes nothing", () => {
    const now = at(NOW, true);
    scan(CODE, now);
    flow.answered(null, now);

    expect(flow.answered(answer(ADMITTED), now)).toEqual([]);
  });
});

describe("without a server", () => {
  test("a good ticket is let in, as a fact that is owed", () => {
    const { row } = only(flow.seen(CODE, at(NOW, false)), "append");

    expect(row).toMatchObject({ decision: "admitted_offline", verdict: ADMITTED, acknowledged: null });
    expect(only(flow.journalled(kept(row), at(NOW, false)), "show").screen).toMatchObject({
      verdict: ADMITTED,
      confirmed: false,
    });
  });

  test("nothing is shown before the journal has the row", () => {
    expect(flow.seen(CODE, at(NOW, false)).map((effect) => effect.do)).toEqual(["append"]);
  });

  test("the ticket is red from then on, with the time it came in", () => {
    offline(CODE);
    flow.tick(at(NOW + 2, false));
    nothingInView(NOW + 2, 3_100);

    expect(offline(ticket("fan").codeAt(STARTS_AT + 3_100_000), 3_100)).toEqual({
      t: "already_in",
      ticket_type: "General admission",
      entry: { at: STARTS_AT + NOW * 1000, door: "Door A" },
    });
    expect(book.headCount()).toEqual({ inside: 2, expected: 3 });
  });

  test.each<[string, string, Shown]>([
    [
      "a ticket that is in",
      ticket("inside").codeAt(STARTS_AT + NOW * 1000),
      { t: "already_in", ticket_type: "General admission", entry: { at: WENT_IN_AT, door: "Door B" } },
    ],
    ["a refunded one", ticket("gone").codeAt(STARTS_AT + NOW * 1000), { t: "refused", reason: "refunded" }],
    ["a six minutes old code", ticket("fan").codeAt(STARTS_AT + 2_640_000), { t: "stale", age_s: 360 }],
    ["a code from a clock ahead", ticket("fan").codeAt(STARTS_AT + 3_060_000), { t: "stale", age_s: -60 }],
    ["no ticket of ours", "https://example.org/", { t: "refused", reason: "not_a_ticket" }],
  ])("%s is told as what it is", (_name, text, verdict) => {
    expect(offline(text)).toEqual(verdict);
  });

  test("a refusal is journalled too", () => {
    const { row } = only(flow.seen(ticket("gone").codeAt(STARTS_AT + NOW * 1000), at(NOW, false)), "append");

    expect(row.decision).toBe("refused_offline");
  });
});

describe("the camera", () => {
  test("what would be unknown must be read twice running, so that a misread insults nobody", () => {
    const misread = ticket("nobody").codeAt(STARTS_AT + NOW * 1000);

    expect(flow.seen(misread, at(NOW, false))).toEqual([]);
    expect(flow.seen("something else", at(NOW + 0.1, false))).toEqual([]);
    expect(flow.seen(misread, at(NOW + 0.2, false))).toEqual([]);
    expect(flow.seen(misread, at(NOW + 0.3, false))).toHaveLength(1);
  });

  test("two equal reads far apart are no second read", () => {
    expect(flow.seen("junk", at(NOW, false))).toEqual([]);
    expect(flow.seen("junk", at(NOW + 10, false))).toEqual([]);
  });

  test("a ticket on the list needs one read", () => {
    expect(flow.seen(CODE, at(NOW, false))).toHaveLength(1);
  });

  test("while one scan is under way, nothing else begins", () => {
    const now = at(NOW, true);
    scan(CODE, now);

    expect(flow.seen(ticket("next").codeAt(now.serverNow), now)).toEqual([]);
  });

  test("the guest just let in does not turn red a frame later, not even when the code changes", () => {
    offline(CODE);
    for (let s = NOW; s < NOW + 60; s += 0.1) {
      flow.tick(at(s, false));
      expect(flow.seen(ticket("fan").codeAt(STARTS_AT + s * 1000), at(s, false))).toEqual([]);
    }
  });

  test("a ticket that stays in view is never a second attempt, whatever keeps the camera from reading it", () => {
    offline(CODE);
    flow.tick(at(NOW + 2, false));

    // A menu over the camera, then reads with gaps, of a picture whose step has long passed.
    for (let s = NOW + 30; s < NOW + 60; s += 1.2) {
      nothingInView(s - 1, s);
      expect(flow.seen(CODE, at(s, false))).toEqual([]);
    }
    expect(flow.isHolding).toBe(true);
  });

  test("shown again after it had gone, it is another attempt, and red", () => {
    offline(CODE);
    flow.tick(at(NOW + 2, false));
    nothingInView(NOW + 2, NOW + 6);

    expect(flow.isHolding).toBe(false);
    expect(offline(CODE, NOW + 6).t).toBe("already_in");
  });

  test("what this phone answered before it was opened anew is held too", () => {
    const verdict: Shown = ADMITTED;
    flow.remember([{ ...kept(rowOf(CODE)), decision: "admitted_offline", verdict }], at(NOW + 10, false));

    for (let s = NOW + 10; s < NOW + 30; s += 0.1) expect(flow.seen(CODE, at(s, false))).toEqual([]);
  });

  test("what it answered minutes before is not", () => {
    flow.remember([{ ...kept(rowOf(CODE)), verdict: { t: "unlisted" } }], at(NOW + 120, false));

    expect(scan(CODE, at(NOW + 120, false))).toHaveLength(1);
  });

  test("green clears itself, but not before somebody who looked away has seen it", () => {
    offline(CODE);

    expect(flow.tick(at(NOW + 1.5, false))).toEqual([]);
    expect(flow.tick(at(NOW + 1.6, false))).toEqual([{ do: "clear" }]);
  });

  test("green does not keep the next ticket waiting", () => {
    offline(CODE);

    expect(offline(ticket("next").codeAt(STARTS_AT + NOW * 1000), NOW + 0.3).t).toBe("admitted");
  });

  test("red stays until a hand or another ticket", () => {
    offline(ticket("gone").codeAt(STARTS_AT + NOW * 1000));

    expect(flow.tick(at(NOW + 600, false))).toEqual([]);
    expect(flow.dismissed(at(NOW + 600, false))).toEqual([{ do: "clear" }]);
    expect(flow.dismissed(at(NOW + 600, false))).toEqual([]);
  });

  test("another ticket replaces red at once", () => {
    offline(ticket("gone").codeAt(STARTS_AT + NOW * 1000));

    expect(offline(ticket("next").codeAt(STARTS_AT + (NOW + 1) * 1000), NOW + 1).t).toBe("admitted");
  });

  test("an old code that the guest refreshes turns green without a tap", () => {
    expect(offline(ticket("fan").codeAt(STARTS_AT + 2_640_000)).t).toBe("stale");
    expect(offline(CODE, NOW + 1).t).toBe("admitted");
  });
});

describe("typing", () => {
  test("is meant as it is: no second read, and no debounce", () => {
    const now = at(NOW, false);
    expect(only(flow.typed(" nonsense \n", now), "append").row.code).toBe("nonsense");
  });

  test("during a scan waits for its turn", () => {
    const now = at(NOW, true);
    scan(CODE, now);
    const other = ticket("next").codeAt(now.serverNow);

    expect(flow.typed(other, now)).toEqual([]);
    const effects = flow.answered(answer(ADMITTED), now);

    expect(effects.map((effect) => effect.do)).toEqual(["acknowledge", "show", "append"]);
    expect(only(effects, "append").row.code).toBe(other);
  });
});

test("without a journal there is no verdict, and the next scan begins anew", () => {
  flow.seen(CODE, at(NOW, false));
  flow.failed();

  expect(book.headCount().inside).toBe(1);
  expect(flow.seen(CODE, at(NOW + 1, false))).toHaveLength(1);
});

function rowOf(code: string): NewRow {
  return {
    scan_id: "scan-1",
    device: "device-1",
    code,
    anchor: ticket("fan").anchor,
    scanned_at: STARTS_AT + NOW * 1000,
    clock_offset_ms: 0,
    decision: "asked",
    verdict: null,
    outcome: null,
    acknowledged: null,
  };
}
