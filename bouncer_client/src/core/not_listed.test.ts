import { beforeEach, expect, test } from "vitest";
import type { Drained, VerdictGiven } from "../../../realtime/client/protocol.gen.ts";
import vectors from "../../../tests/vectors/late_sale.json";
import { fromHex } from "../../../ticketing/client/live_code.ts";
import { Book } from "./book.ts";
import type { Certified } from "./certificate.ts";
import type { NewRow, ScanRow } from "./journal.ts";
import { Manifest } from "./manifest.ts";
import { LONG_PATIENCE_MS, type ScanEffect, ScanFlow } from "./scan.ts";
import { at, STARTS_AT, snapshotOf, ticket } from "./testing.ts";

/** Who is not on this phone's list: asked for whatever the socket says, and let in by certificate. */

const DEVICE = { id: "device-1", name: "Door A", event: "e" };
const OFFLINE = at(3_000, false);
const LATE = ticket("sold a minute ago");
const CODE = LATE.codeAt(STARTS_AT + 3_000_000);
const CERTIFICATE = vectors.read[0]?.text ?? "";
const CERTIFIED: Certified = { t: "certified", anchor: LATE.anchor, sold_at: STARTS_AT };

let book: Book;
let flow: ScanFlow;

beforeEach(() => {
  book = new Book(Manifest.read(snapshotOf({ fan: "active" })));
  flow = new ScanFlow(book, DEVICE, () => "scan-1");
});

function only<K extends ScanEffect["do"]>(effects: ScanEffect[], kind: K): Extract<ScanEffect, { do: K }> {
  expect(effects.map((effect) => effect.do)).toEqual([kind]);
  return effects[0] as Extract<ScanEffect, { do: K }>;
}

function kept(row: NewRow): ScanRow {
  return { ...row, device_seq: 1 };
}

/** A code that is not on the list, as far as the question. */
function ask(): ScanRow {
  const { row } = only(flow.typed(CODE, OFFLINE), "append");
  expect(only(flow.journalled(kept(row), OFFLINE), "ask").patienceMs).toBe(LONG_PATIENCE_MS);
  return kept(row);
}

/** The guest's certificate, checked with this outcome, to its screen. */
function showCertificate(outcome: Certified): ScanEffect[] {
  only(flow.typed(CERTIFICATE, OFFLINE), "check");
  const { row } = only(flow.checked(outcome, OFFLINE), "append");
  expect(row).toMatchObject({ decision: "refused_offline", verdict: outcome, anchor: null });
  return flow.journalled(kept(row), OFFLINE);
}

test("without a socket, too, the server is asked for it, and the phone says that it does", () => {
  const row = ask();

  expect(row).toMatchObject({ decision: "asked", verdict: null });
  expect(flow.isAsking).toBe(true);
});

test("the server's answer by another way is as good as by the socket", () => {
  ask();
  const verdict: VerdictGiven["verdict"] = {
    t: "admitted",
    ticket_type: "General admission",
    entry: { at: OFFLINE.serverNow, door: "Door A" },
  };
  const told: Drained["scans"][number] = { scan_id: "scan-1", acknowledged: "asked", verdict };

  const effects = flow.answered({ ...told, t: "verdict", ref: 0 }, OFFLINE);

  expect(effects.map((effect) => effect.do)).toEqual(["acknowledge", "show"]);
});

test("when nobody answers it is amber, and on record as refused", () => {
  ask();

  expect(only(flow.answered(null, OFFLINE), "decide")).toMatchObject({
    decision: "refused_offline",
    shown: { t: "unlisted" },
  });
});

test("a good certificate lets nobody in, but the live code after it does", () => {
  const { screen } = only(showCertificate(CERTIFIED), "show");
  expect(screen.verdict).toEqual(CERTIFIED);
  expect(book.headCount()).toEqual({ inside: 0, expected: 2 });

  const { row } = only(flow.typed(CODE, OFFLINE), "append");

  expect(row).toMatchObject({
    decision: "admitted_offline",
    verdict: { t: "admitted", ticket_type: "Late sale, by certificate" },
  });
  only(flow.journalled(kept(row), OFFLINE), "show");
  expect(book.headCount()).toEqual({ inside: 1, expected: 2 });
  expect(flow.typed(CODE, OFFLINE).map((e) => e.do === "append" && e.row.verdict?.t)).toEqual(["already_in"]);
});

test("a certificate that is not good changes nothing", () => {
  showCertificate({ t: "not_certified", why: "signature" });

  expect(book.standing(fromHex(LATE.anchor))).toBeNull();
});

test("certificates survive the phone being opened anew", () => {
  const row = { ...ask(), anchor: null, decision: "refused_offline", verdict: CERTIFIED } as const;
  const reopened = new Book(Manifest.read(snapshotOf({ fan: "active" })));

  reopened.remember([row]);

  expect(reopened.standing(fromHex(LATE.anchor))).toMatchObject({ status: "active", entry: null });
});

test("once the list tells of the ticket, the list rules", () => {
  book.certify(LATE.anchor);
  book.apply({
    t: "tickets_issued",
    tickets: [{ anchor: LATE.anchor, ticket_type: "VIP" }],
    order: null,
  });
  book.apply({
    t: "tickets_changed",
    tickets: [{ anchor: LATE.anchor, status: "refunded" }],
    order: null,
  });

  expect(book.standing(fromHex(LATE.anchor))?.status).toBe("refunded");
  expect(book.headCount()).toEqual({ inside: 0, expected: 1 });
});

test.each([
  [CODE.slice(0, 40), "damaged"],
  [`11${"1".repeat(39)}`, "printed"],
])("%s is told by its form at once, asking nobody", (text, form) => {
  const { row } = only(flow.typed(text, at(3_000, true)), "append");

  expect(row).toMatchObject({ decision: "refused_offline", verdict: { t: "odd", form } });
});
