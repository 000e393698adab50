import type { TicketStatus } from "./data.ts";
import type { Phase } from "./phase.ts";

const CLOSED: Record<Exclude<TicketStatus, "active">, string> = {
  redeemed: "Used",
  refunded: "Refunded",
  void: "Not valid any more",
};

const OPEN: Record<Phase["t"], string> = {
  before: "Your code appears on the night",
  live: "Ready for the door",
  after: "Not used",
};

/** What a ticket is good for at this moment; before its script runs, dashboards/_ticket_status.html says it. */
export function statusInWords(status: TicketStatus, phase: Phase["t"]): string {
  return status === "active" ? OPEN[phase] : CLOSED[status];
}
