import { sha256 } from "@noble/hashes/sha2.js";
import type {
  DoorEvent,
  DoorPolicy,
  DoorSnapshot,
  Entry,
  EntryDoubted,
  EntryMoved,
  Nothing,
  OrderNow,
  TicketEntered,
  TicketSeenTwice,
  TicketsChanged,
  TicketsIssued,
  TicketUndone,
} from "../../../realtime/client/protocol.gen.ts";
import { fromHex, toHex } from "../../../ticketing/client/live_code.ts";
import type { Rule, Standing, TicketStatus } from "./admission.ts";
import { fromBase64, toBase64 } from "./bytes.ts";
import { ANCHOR_BYTES, type Columns, find, isSorted, NO_DOOR, withTickets } from "./columns.ts";

export type DoorFact =
  | Nothing
  | TicketsIssued
  | TicketsChanged
  | TicketEntered
  | TicketUndone
  | EntryMoved
  | TicketSeenTwice
  | EntryDoubted
  | DoorPolicy;

/** How a door knows an order: 8 bytes, in hex, and how many people its tickets let in. */
type Orders = Map<string, number>;
const ORDER_BYTES = 8;

const STATUSES: readonly TicketStatus[] = ["active", "redeemed", "refunded", "void"];
const REDEEMED = STATUSES.indexOf("redeemed");
const ONE_DAY_S = 86_400;

/** The manifest that arrived, or was kept, is not one: it must be fetched again. The message says what is wrong. */
export class BrokenManifest extends Error {
  override readonly name = "BrokenManifest";
}

export type Rules = Pick<DoorSnapshot, "public_key" | "unknown_orders" | "supervisor_check">;

export interface HeadCount {
  /** Tickets that have entered. */
  readonly inside: number;
  /** Tickets that may enter, or have. */
  readonly expected: number;
}

/**
 * The phone's list of tickets as of one place in the show's log: the server's truth, no more and no less.
 * It changes in place, entry by entry: copying 100,000 tickets for each would cost the scan its speed.
 */
export class Manifest {
  private constructor(
    readonly event: DoorEvent,
    readonly window: DoorSnapshot["window"],
    readonly salt: Uint8Array,
    private columns: Columns,
    private readonly typeNames: string[],
    private readonly doorNames: string[],
    private readonly orders: Orders,
    private rules: Rules,
  ) {}

  /** Read and verify a snapshot. Throws BrokenManifest. */
  static read(snapshot: DoorSnapshot): Manifest {
    try {
      const columns = columnsOf(snapshot);
      verify(snapshot, columns);
      const { event, window, type_names, door_names } = snapshot;
      const { public_key, unknown_orders, supervisor_check } = snapshot;
      return new Manifest(
        event,
        window,
        saltOf(window.salt),
        columns,
        [...type_names],
        [...door_names],
        ordersOf(snapshot),
        { public_key, unknown_orders, supervisor_check },
      );
    } catch (problem) {
      if (problem instanceof RangeError || problem instanceof TypeError)
        throw new BrokenManifest(problem.message, { cause: problem });
      throw problem;
    }
  }

  get count(): number {
    return this.columns.types.length;
  }

  get checksum(): string {
    return toHex(sha256(this.columns.anchors));
  }

  get rule(): Rule {
    return { stepS: this.window.step_s, skew: this.window.skew, guard: this.window.guard };
  }

  /** What is known of a ticket; null for an anchor that is not on the list. */
  standing(anchor: Uint8Array): Standing | null {
    const i = find(this.columns, anchor);
    if (i < 0) return null;
    return {
      ticket_type: this.typeNames[this.columns.types[i] ?? -1] ?? "",
      status: STATUSES[this.columns.statuses[i] ?? -1] ?? "void",
      entry: this.entryAt(i),
    };
  }

  /** How many people an order lets in, by its hash in hex; null for one that is not on the list. */
  admits(orderHash: string): number | null {
    return this.orders.get(orderHash) ?? null;
  }

  /** The event's public key, and what to do about orders that are not on the list. */
  get policy(): Rules {
    return this.rules;
  }

  headCount(): HeadCount {
    let inside = 0;
    let expected = 0;
    for (const status of this.columns.statuses) {
      if (status === REDEEMED) inside++;
      if (status <= REDEEMED) expected++;
    }
    return { inside, expected };
  }

  /** Take over one entry of the show's log. */
  apply(fact: DoorFact): void {
    switch (fact.t) {
      case "tickets_issued":
        this.issue(fact);
        break;
      case "tickets_changed":
        for (const { anchor, status } of fact.tickets) this.become(anchor, status);
        this.note(fact.order);
        break;
      case "ticket_entered":
      case "entry_moved":
        this.enter(fact.anchor, { at: fact.at, door: fact.door }, fact.status ?? "redeemed");
        break;
      case "ticket_undone":
        this.leave(fact);
        break;
      case "door_policy": {
        const { unknown_orders, supervisor_check } = fact;
        this.rules = { ...this.rules, unknown_orders, supervisor_check };
        break;
      }
      case "ticket_seen_twice": // its entry was told before
      case "entry_doubted":
      case "nothing":
        break;
      default:
        // A newer server's fact that we do not know changes nothing here.
        fact satisfies never;
    }
  }

  /** The same manifest as a snapshot, for keeping. */
  snapshot(): DoorSnapshot {
    const { anchors, types, statuses, enteredAt, doors } = this.columns;
    const orders = [...this.orders].sort(([a], [b]) => (a < b ? -1 : 1));
    return {
      t: "door_snapshot",
      event: this.event,
      window: this.window,
      count: this.count,
      checksum: this.checksum,
      type_names: [...this.typeNames],
      door_names: [...this.doorNames],
      anchors: toBase64(anchors),
      types: toBase64(types),
      statuses: toBase64(statuses),
      entered_at: toBase64(bigEndian(enteredAt)),
      doors: toBase64(doors),
      orders: toBase64(fromHex(orders.map(([hash]) => hash).join(""))),
      order_admits: toBase64(Uint8Array.from(orders, ([, admits]) => Math.min(admits, 255))),
      ...this.rules,
    };
  }

  private issue({ tickets, order }: TicketsIssued): void {
    this.note(order);
    const added = tickets.map(({ anchor, ticket_type }) => ({
      anchor: fromHex(anchor),
      type: indexIn(this.typeNames, ticket_type),
    }));
    this.columns = withTickets(this.columns, added);
  }

  private note(order: OrderNow | null | undefined): void {
    if (order) this.orders.set(order.hash, order.admits);
  }

  /** A refund or a dispute closed a ticket, or gave it back; its first entry stays on record. */
  private become(anchor: string, status: TicketStatus): void {
    const i = find(this.columns, fromHex(anchor));
    if (i >= 0) this.columns.statuses[i] = STATUSES.indexOf(status);
  }

  private enter(anchor: string, { at, door }: Entry, status: TicketStatus): void {
    const i = find(this.columns, fromHex(anchor));
    if (i < 0) return;
    this.columns.statuses[i] = STATUSES.indexOf(status);
    this.columns.enteredAt[i] = Math.max(1, Math.floor(at / 1000) - this.baseS);
    this.columns.doors[i] = indexIn(this.doorNames, door);
  }

  /** An entry was taken back: it never was one. */
  private leave({ anchor, status }: TicketUndone): void {
    const i = find(this.columns, fromHex(anchor));
    if (i < 0) return;
    this.columns.statuses[i] = STATUSES.indexOf(status);
    this.columns.enteredAt[i] = 0;
    this.columns.doors[i] = NO_DOOR;
  }

  private entryAt(i: number): Entry | null {
    const seconds = this.columns.enteredAt[i] ?? 0;
    if (seconds === 0) return null;
    const door = this.columns.doors[i] ?? NO_DOOR;
    return { at: (seconds + this.baseS) * 1000, door: this.doorNames[door] ?? "" };
  }

  private get baseS(): number {
    return Math.floor(this.window.starts_at / 1000) - ONE_DAY_S;
  }
}

/** The name's place in a table of at most 255 names, adding it when it is new; beyond that, "none". */
function indexIn(names: string[], name: string): number {
  const known = names.indexOf(name);
  if (known >= 0) return known;
  if (names.length >= NO_DOOR) return NO_DOOR;
  return names.push(name) - 1;
}

function columnsOf(snapshot: DoorSnapshot): Columns {
  return {
    anchors: fromBase64(snapshot.anchors),
    types: fromBase64(snapshot.types),
    statuses: fromBase64(snapshot.statuses),
    enteredAt: fromBigEndian(fromBase64(snapshot.entered_at)),
    doors: fromBase64(snapshot.doors),
  };
}

function ordersOf(snapshot: DoorSnapshot): Orders {
  const hashes = fromBase64(snapshot.orders);
  const admits = fromBase64(snapshot.order_admits);
  if (hashes.length !== ORDER_BYTES * admits.length)
    throw new BrokenManifest(`${hashes.length} bytes of orders for ${admits.length}`);
  const hashAt = (i: number) => toHex(hashes.subarray(ORDER_BYTES * i, ORDER_BYTES * (i + 1)));
  return new Map(Array.from(admits, (count, i) => [hashAt(i), count]));
}

function verify({ count, checksum }: DoorSnapshot, columns: Columns): void {
  const lengths = [
    columns.anchors.length / ANCHOR_BYTES,
    columns.types.length,
    columns.statuses.length,
    columns.enteredAt.length,
    columns.doors.length,
  ];
  if (lengths.some((length) => length !== count))
    throw new BrokenManifest(`columns of ${lengths.join(", ")} tickets instead of ${count}`);
  if (toHex(sha256(columns.anchors)) !== checksum) throw new BrokenManifest("the checksum is wrong");
  if (!isSorted(columns.anchors)) throw new BrokenManifest("the anchors are not sorted");
}

function saltOf(text: string): Uint8Array {
  const salt = fromBase64(text);
  if (salt.length !== 16) throw new BrokenManifest(`a salt of ${salt.length} bytes`);
  return salt;
}

function fromBigEndian(bytes: Uint8Array): Uint32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Uint32Array.from({ length: Math.ceil(bytes.length / 4) }, (_, i) => view.getUint32(4 * i));
}

function bigEndian(values: Uint32Array): Uint8Array {
  const bytes = new Uint8Array(4 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint32(4 * i, values[i] ?? 0);
  return bytes;
}
