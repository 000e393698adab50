import { beforeEach, describe, expect, test } from "vitest";
import type { PinCheck, UnknownOrders } from "../../realtime/client/protocol.gen.ts";
import { isSupervisorsPin } from "./adapters/pin.ts";
import { HandDesk } from "./by_hand.ts";
import { type ByHand, type Finding, LetInByHand, type OrderAtDoor, placesLeft } from "./core/by_hand.ts";
import type { ScanRow } from "./core/journal.ts";
import { hashOf } from "./core/order_id.ts";

const EVENT = "018f4e1a-0000-7000-8000-000000000001";
const ORDER = "00000000011";
const OTHER = "00000000033";

let now: number;
let answer: OrderAtDoor | null;
let policy: { unknown_orders: UnknownOrders; supervisor_check: PinCheck | null };
let kept: ByHand[];
let canKeep: boolean;
let letIn: LetInByHand;
let desk: HandDesk;

beforeEach(() => {
  now = 0;
  answer = null;
  policy = { unknown_orders: "refuse", supervisor_check: null };
  kept = [];
  canKeep = true;
  letIn = new LetInByHand(EVENT);
  desk = new HandDesk({
    eventId: EVENT,
    letIn,
    list: () => ({ admits: (hash) => (hash === hashOf(EVENT, ORDER) ? 3 : null), policy }),
    ask: async () => answer,
    isPin: isSupervisorsPin,
    monotonic: () => now,
    keep: async (entry) => {
      if (!canKeep) throw new Error("full");
      kept.push(entry);
      letIn.note(rowOf(entry));
    },
  });
});

function rowOf(verdict: ByHand, acknowledged: ScanRow["acknowledged"] = null) {
  return { scan_id: `scan-${kept.length}`, decision: "admitted_manually", verdict, acknowledged } as const;
}

async function find(orderId: string): Promise<Finding> {
  const finding = await desk.lookUp(orderId);
  if (finding.t === "wait") throw new Error("too often");
  return finding;
}

async function checkOf(pin: string): Promise<PinCheck> {
  const salt = new Uint8Array(16);
  const key = await crypto.subtle.importKey("raw", new TextEncoder().encode(pin), "PBKDF2", false, [
    "deriveBits",
  ]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt, iterations: 1_000 };
  const hash = await crypto.subtle.deriveBits(how, key, 256);
  const base64 = (bytes: Uint8Array) => btoa(String.fromCharCode(...bytes));
  return { salt: base64(salt), rounds: 1_000, hash: base64(new Uint8Array(hash)) };
}

describe("with a server to ask", () => {
  test("its answer counts, and whom this phone let in since", async () => {
    answer = { known: true, tickets: 4, inside: 1 };
    letIn.note(rowOf({ t: "by_hand", order_id: ORDER, people: 1, known: true }));
    letIn.note({
      ...rowOf({ t: "by_hand", order_id: ORDER, people: 1, known: true }, "admitted_manually"),
      scan_id: "sent",
    });

    const finding = await find(ORDER);

    expect(finding).toMatchObject({ t: "known", tickets: 4, inside: 2, confirmed: true });
    expect(placesLeft(finding)).toBe(2);
  });

  test("an order that it does not know lets nobody in, whatever the policy", async () => {
    policy = { ...policy, unknown_orders: "admit" };
    answer = { known: false, tickets: 0, inside: 0 };

    const finding = await find(OTHER);

    expect(finding.t).toBe("no_such_order");
    expect(await desk.letIn(finding, 1)).toEqual({ t: "full" });
  });
});

describe("without one", () => {
  test("a listed order lets in as many as it has tickets, counted over all lives of this phone", async () => {
    expect(await desk.letIn(await find(ORDER), 2)).toEqual({ t: "let_in" });
    expect(kept).toEqual([{ t: "by_hand", order_id: ORDER, people: 2, known: true }]);

    const finding = await find(ORDER);

    expect(finding).toMatchObject({ tickets: 3, inside: 2, confirmed: false });
    expect(await desk.letIn(finding, 2)).toEqual({ t: "full" });
    expect(await desk.letIn(finding, 1)).toEqual({ t: "let_in" });
    expect(letIn.unsent).toBe(3);
  });

  test("who was taken back counts no more", async () => {
    letIn.note(rowOf({ t: "by_hand", order_id: ORDER, people: 3, known: true }));
    letIn.drop("scan-0");

    expect(await find(ORDER)).toMatchObject({ inside: 0 });
  });

  test("the policy says what an unlisted order does", async () => {
    const refused = await find(OTHER);
    expect(refused).toMatchObject({ t: "unlisted_order", policy: "refuse" });
    expect(await desk.letIn(refused, 1)).toEqual({ t: "full" });

    policy = { ...policy, unknown_orders: "admit" };
    expect(await desk.letIn(await find(OTHER), 2)).toEqual({ t: "let_in" });
    expect(kept).toEqual([{ t: "by_hand", order_id: OTHER, people: 2, known: false }]);
  });

  test("a supervisor's PIN opens it, and no other", async () => {
    policy = { unknown_orders: "supervisor", supervisor_check: await checkOf("2468") };
    const finding = await find(OTHER);

    expect(await desk.letIn(finding, 1, "1357")).toEqual({ t: "wrong_pin" });
    expect(await desk.letIn(finding, 1, "2468")).toEqual({ t: "let_in" });
  });

  test("a supervisor whom no PIN tells is nobody", async () => {
    policy = { unknown_orders: "supervisor", supervisor_check: null };

    expect(await find(OTHER)).toMatchObject({ policy: "refuse" });
  });
});

test("nobody is let in that the journal cannot keep", async () => {
  canKeep = false;

  expect(await desk.letIn(await find(ORDER), 1)).toEqual({ t: "no_journal" });
});

test("ten tries a minute, wrong PINs among them", async () => {
  policy = { unknown_orders: "supervisor", supervisor_check: await checkOf("2468") };
  const finding = await find(OTHER);
  for (let i = 0; i < 9; i++) expect(await desk.letIn(finding, 1, "0000")).toEqual({ t: "wrong_pin" });

  expect(await desk.letIn(finding, 1, "2468")).toEqual({ t: "wait", ms: 60_000 });
  expect(await desk.lookUp(ORDER)).toEqual({ t: "wait", ms: 60_000 });
  now = 60_000;
  expect(await desk.letIn(finding, 1, "2468")).toEqual({ t: "let_in" });
});
