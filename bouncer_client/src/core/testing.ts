import { sha256 } from "@noble/hashes/sha2.js";
import type { DoorSnapshot } from "../../../realtime/client/protocol.gen.ts";
import { Chain, toHex } from "../../../ticketing/client/live_code.ts";
import { toBase64 } from "./bytes.ts";
import type { Situation } from "./scan.ts";

/** A show with real chains, for tests: what a door phone meets, without a server. */

export const STARTS_AT = 1_700_000_000_000;
export const STEPS = 400;
const SALT = sha256(new TextEncoder().encode("a show")).slice(0, 16);
const STATUS_BYTES = { active: 0, redeemed: 1, refunded: 2, void: 3 };

export interface TestTicket {
  readonly anchor: string;
  /** The code that the wallet shows at this moment (UTC milliseconds). */
  codeAt(at: number): string;
}

/** A ticket of the show; the same name gives the same ticket. */
export function ticket(name: string): TestTicket {
  const chain = new Chain(SALT, sha256(new TextEncoder().encode(name)).slice(0, 16), STEPS);
  return {
    anchor: toHex(chain.qrHash.slice(0, 16)),
    codeAt: (at) => chain.codeAt(Math.floor((at - STARTS_AT) / 15_000)),
  };
}

/** The door's snapshot with these tickets on it, by name, and what has become of them. */
export function snapshotOf(tickets: Record<string, keyof typeof STATUS_BYTES>): DoorSnapshot {
  const rows = Object.entries(tickets)
    .map(([name, status]) => ({ anchor: ticket(name).anchor, status }))
    .sort((a, b) => (a.anchor < b.anchor ? -1 : 1));
  const anchors = Uint8Array.from(rows.flatMap(({ anchor }) => (anchor.match(/../g) ?? []).map(fromHexByte)));
  const isIn = (status: string) => status === "redeemed";
  return {
    t: "door_snapshot",
    event: {
      id: "018f4e1a-0000-7000-8000-000000000001",
      title: "The Midnight Owls",
      venue: "The Crocodile",
      time_zone: "America/Los_Angeles",
      doors_at: STARTS_AT + 3_600_000,
    },
    window: {
      epoch: 0,
      starts_at: STARTS_AT,
      steps: STEPS,
      step_s: 15,
      guard: 8,
      skew: 1,
      salt: toBase64(SALT),
    },
    count: rows.length,
    checksum: toHex(sha256(anchors)),
    type_names: ["General admission"],
    door_names: ["Door B"],
    anchors: toBase64(anchors),
    types: toBase64(new Uint8Array(rows.length)),
    statuses: toBase64(Uint8Array.from(rows, ({ status }) => STATUS_BYTES[status])),
    entered_at: toBase64(
      Uint8Array.from(rows.flatMap(({ status }) => (isIn(status) ? [0, 1, 0x52, 0] : [0, 0, 0, 0]))),
    ),
    doors: toBase64(Uint8Array.from(rows, ({ status }) => (isIn(status) ? 0 : 255))),
    orders: "",
    order_admits: "",
    public_key: toBase64(new Uint8Array(32)),
    unknown_orders: "refuse",
    supervisor_check: null,
  };
}

/** When the tickets marked "redeemed" above went in. */
export const WENT_IN_AT = STARTS_AT + (0x15200 - 86_400) * 1000;

/** The phone at a moment of the show, `seconds` after its window began. */
export function at(seconds: number, live: boolean): Situation {
  return { live, serverNow: STARTS_AT + seconds * 1000, clockOffsetMs: 0, monotonic: seconds * 1000 };
}

function fromHexByte(pair: string): number {
  return Number.parseInt(pair, 16);
}
