import { compareAt } from "./bytes.ts";

export const ANCHOR_BYTES = 16;
/** `doors` holds this where nobody has entered. */
export const NO_DOOR = 255;

/** A manifest's tickets, one column per property, sorted by anchor: 100,000 tickets in a few flat arrays. */
export interface Columns {
  readonly anchors: Uint8Array;
  readonly types: Uint8Array;
  readonly statuses: Uint8Array;
  /** Seconds since the manifest's base, 0 for never. */
  readonly enteredAt: Uint32Array;
  readonly doors: Uint8Array;
}

export interface NewTicket {
  readonly anchor: Uint8Array;
  readonly type: number;
}

/** Where the anchor stands, or -(place where it belongs) - 1. */
export function find(columns: Columns, anchor: Uint8Array): number {
  let low = 0;
  let high = columns.types.length - 1;
  while (low <= high) {
    const middle = (low + high) >> 1;
    const order = compareAt(columns.anchors, middle * ANCHOR_BYTES, anchor, 0, ANCHOR_BYTES);
    if (order === 0) return middle;
    if (order < 0) low = middle + 1;
    else high = middle - 1;
  }
  return -low - 1;
}

export function isSorted(anchors: Uint8Array): boolean {
  for (let i = ANCHOR_BYTES; i < anchors.length; i += ANCHOR_BYTES)
    if (compareAt(anchors, i - ANCHOR_BYTES, anchors, i, ANCHOR_BYTES) >= 0) return false;
  return true;
}

/** New columns with these tickets in their places, active and never entered; those known already stay as they are. */
export function withTickets(columns: Columns, tickets: readonly NewTicket[]): Columns {
  const added = unknownOnes(columns, tickets);
  const count = columns.types.length + added.length;
  const grown: Columns = {
    anchors: new Uint8Array(count * ANCHOR_BYTES),
    types: new Uint8Array(count),
    statuses: new Uint8Array(count),
    enteredAt: new Uint32Array(count),
    doors: new Uint8Array(count).fill(NO_DOOR),
  };
  let from = 0;
  added.forEach(({ ticket, place }, n) => {
    copy(columns, from, place, grown, from + n);
    grown.anchors.set(ticket.anchor, (place + n) * ANCHOR_BYTES);
    grown.types[place + n] = ticket.type;
    from = place;
  });
  copy(columns, from, columns.types.length, grown, from + added.length);
  return grown;
}

function unknownOnes(columns: Columns, tickets: readonly NewTicket[]) {
  return tickets
    .map((ticket) => ({ ticket, place: -find(columns, ticket.anchor) - 1 }))
    .filter(({ place }) => place >= 0)
    .sort((a, b) => compareAt(a.ticket.anchor, 0, b.ticket.anchor, 0, ANCHOR_BYTES))
    .filter(({ ticket }, i, all) => {
      const before = all[i - 1]?.ticket.anchor;
      return before === undefined || compareAt(before, 0, ticket.anchor, 0, ANCHOR_BYTES) !== 0;
    });
}

/** Copy the tickets `from` to `until` of one manifest to `to` of another. */
function copy(source: Columns, from: number, until: number, target: Columns, to: number): void {
  const anchors = source.anchors.subarray(from * ANCHOR_BYTES, until * ANCHOR_BYTES);
  target.anchors.set(anchors, to * ANCHOR_BYTES);
  target.types.set(source.types.subarray(from, until), to);
  target.statuses.set(source.statuses.subarray(from, until), to);
  target.enteredAt.set(source.enteredAt.subarray(from, until), to);
  target.doors.set(source.doors.subarray(from, until), to);
}
