import type { ByHand, Finding } from "../core/by_hand.ts";
import { placesLeft } from "../core/by_hand.ts";
import type { Certified } from "../core/certificate.ts";
import type { Odd } from "../core/forms.ts";
import { display, type TypedOrder } from "../core/order_id.ts";
import { shortTime, spanWords } from "./times.ts";
import type { Words } from "./words.ts";

/** The words for whoever is not on the list: late sales, Order IDs, and codes that are none. */

export function lateWords(verdict: Odd | Certified | ByHand, zone: string): Words {
  switch (verdict.t) {
    case "odd":
      return { tone: "deny", figure: null, ...ODD[verdict.form] };
    case "certified":
      return {
        tone: "check",
        word: "Now the ticket",
        figure: null,
        detail: `A genuine sale, ${shortTime(verdict.sold_at, zone)}`,
        advice: "Nobody is in yet. Ask for the live code now, and scan it.",
      };
    case "not_certified":
      return { ...NOT_CERTIFIED[verdict.why], figure: null };
    case "by_hand":
      return byHandWords(verdict);
  }
}

const ODD = {
  damaged: {
    word: "Damaged",
    detail: "One of our codes, but not whole",
    advice: "Ask for full brightness, clean the glass, and scan it again.",
  },
  printed: {
    word: "On paper",
    detail: "A printed code",
    advice: "This show has no tickets on paper. Ask for the live code in the wallet.",
  },
} as const;

const NOT_CERTIFIED = {
  signature: {
    tone: "deny",
    word: "Not ours",
    detail: "Signed for another show, or not by us",
    advice: "It proves no sale of this show. Ask which show the ticket is for.",
  },
  too_old: {
    tone: "deny",
    word: "Too old",
    detail: "This phone's list is newer than that sale",
    advice: "The list would have the ticket, were it still good: it was refunded or replaced.",
  },
  listed: {
    tone: "check",
    word: "Is listed",
    detail: "The ticket is on this phone's list",
    advice: "No late-sale code needed. Ask for the live code, and scan it.",
  },
  cannot_check: {
    tone: "check",
    word: "Cannot check",
    detail: "This browser is too old for late-sale codes",
    advice: "Scan it with another phone, or let them in by Order ID.",
  },
} as const;

function byHandWords({ order_id, people, known }: ByHand): Words {
  return {
    tone: known ? "admit" : "check",
    word: known ? "Welcome" : "Let in, flagged",
    figure: null,
    detail: `${peopleWords(people)}, by Order ID ${display(order_id)}`,
    advice: known
      ? "Marked as let in by hand, and checked by the server."
      : "Nobody knows this order yet. The venue reviews it.",
  };
}

/** What is wrong with an Order ID as far as it is typed; empty when nothing is. */
export function orderWords(typed: TypedOrder): string {
  switch (typed.t) {
    case "order":
      return "Ready to look up";
    case "slip":
      return "A slip: one character is wrong, or two are swapped. Read it again.";
    case "foreign":
      return `No Order ID has the character ${typed.character}. Read it again.`;
    case "missing":
      if (typed.count > 10) return "In the mail, and on the ticket's page. O is 0, I and L are 1.";
      if (typed.count < 0) return `${charactersWords(-typed.count)} too many`;
      return `${charactersWords(typed.count)} missing`;
  }
}

export interface FindingWords {
  readonly title: string;
  readonly text: string;
}

/** What was found about an Order ID, in words. */
export function findingWords(finding: Finding): FindingWords {
  switch (finding.t) {
    case "no_such_order":
      return { title: "No such order", text: "The server knows no order of this show by that ID." };
    case "unlisted_order":
      return { title: "Not on this phone's list", text: UNLISTED[finding.policy] };
    case "known":
      return knownWords(finding);
  }
}

const UNLISTED = {
  refuse:
    "There is nobody to ask, and this venue lets nobody in without its list. Ask for the late-sale code.",
  admit: "There is nobody to ask. This venue lets them in, and looks into it later: each entry is flagged.",
  supervisor: "There is nobody to ask. With the supervisor's PIN they come in, and each entry is flagged.",
} as const;

function knownWords(finding: Extract<Finding, { t: "known" }>): FindingWords {
  const { tickets, inside, confirmed } = finding;
  const good = tickets === 1 ? "1 good ticket" : `${tickets} good tickets`;
  if (tickets === 0) return { title: "No ticket left", text: "All of this order was refunded or replaced." };
  const of = `${inside} of ${tickets}`;
  if (placesLeft(finding) === 0)
    return { title: "All are in", text: `${of} came in${confirmed ? "" : " by hand at this phone"}.` };
  if (confirmed) return { title: good, text: `${of} in so far, says the server.` };
  return {
    title: good,
    text: `${of} let in by hand at this phone. Without network it does not know who came in by code.`,
  };
}

export function waitWords(ms: number): string {
  return `Too many tries. Wait ${spanWords(Math.max(1, Math.ceil(ms / 1000)))}, or fetch a supervisor.`;
}

export function peopleWords(people: number): string {
  return people === 1 ? "1 person" : `${people} people`;
}

function charactersWords(count: number): string {
  return `${count} character${count === 1 ? "" : "s"}`;
}
