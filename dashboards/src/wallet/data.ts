import type { DoorWindow } from "./phase.ts";

export type TicketStatus = "active" | "redeemed" | "refunded" | "void";

/** A ticket as its own page has it. `seed` is 32 hex digits; times are UTC milliseconds. */
export interface WalletTicket {
  readonly id: string;
  readonly number: number;
  readonly type: string;
  readonly seed: string;
  readonly status: TicketStatus;
  readonly redeemed_at: number | null;
  readonly redeemed_door: string;
  /** What a door phone without network is shown first; empty for a ticket that was sold before the door's window. */
  readonly certificate: string;
}

export interface WalletData {
  readonly time_zone: string;
  readonly chain: DoorWindow;
  readonly tickets: readonly WalletTicket[];
}

/** What the page asks for every few seconds. */
export interface OrderState {
  readonly state: string;
  readonly tickets: readonly Pick<WalletTicket, "id" | "status" | "redeemed_at" | "redeemed_door">[];
}

/** The tickets with what has changed since; null when nothing has. */
export function merged(
  tickets: readonly WalletTicket[],
  news: OrderState["tickets"],
): readonly WalletTicket[] | null {
  const byId = new Map(news.map((ticket) => [ticket.id, ticket]));
  const next = tickets.map((ticket) => ({ ...ticket, ...byId.get(ticket.id) }));
  const same = next.every(
    (ticket, i) => ticket.status === tickets[i]?.status && ticket.redeemed_at === tickets[i]?.redeemed_at,
  );
  return same ? null : next;
}
