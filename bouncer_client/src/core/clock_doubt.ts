/** What makes a phone's clock suspect, and by how much: positive for a clock that is fast. */
export interface ClockTrouble {
  /** The server has said so, and scans are corrected by it; or the tickets themselves do, and nothing corrects them. */
  readonly proof: "server" | "tickets";
  readonly fastByS: number;
}

const SERVER_TOLERATES_S = 5;
const TICKETS = 4;
const REMEMBERED = 8;
/** Two steps of a live code, and more than a network's delay. */
const NOTICEABLE_S = 45;
const SPREAD_S = 60;

/**
 * Genuine codes prove their own moment. One that is six minutes off is a screenshot, or a guest's clock; when the last
 * tickets are all off by the same, it is this phone's. It is only told: never does a code count for it.
 */
export class ClockDoubt {
  private ages: { readonly ticket: string; readonly ageS: number }[] = [];

  /** A genuine code of this ticket was so old by this phone's clock; negative for one of the future. */
  note(ticket: string, ageS: number): void {
    const others = this.ages.filter((age) => age.ticket !== ticket);
    this.ages = [...others, { ticket, ageS }].slice(-REMEMBERED);
  }

  /** The server has set the clock right: what was before proves nothing. */
  clear(): void {
    this.ages = [];
  }

  trouble(clockOffsetMs: number): ClockTrouble | null {
    const fastByS = this.byTickets();
    if (fastByS !== null) return { proof: "tickets", fastByS };
    const byServer = -clockOffsetMs / 1000;
    return Math.abs(byServer) > SERVER_TOLERATES_S ? { proof: "server", fastByS: byServer } : null;
  }

  private byTickets(): number | null {
    const last = this.ages.slice(-TICKETS).map(({ ageS }) => ageS);
    const [least, most] = [Math.min(...last), Math.max(...last)];
    const isAway = least >= NOTICEABLE_S || most <= -NOTICEABLE_S;
    return last.length === TICKETS && isAway && most - least <= SPREAD_S ? (least + most) / 2 : null;
  }
}
