import type { Tone } from "../adapters/sound.ts";
import type { Alert } from "../core/drain.ts";
import type { Shown } from "../core/journal.ts";
import { lateWords, peopleWords } from "./late_words.ts";
import { clockTime, spanWords } from "./times.ts";

/** A verdict in words: one look, then the reason. */
export interface Words {
  readonly tone: Tone;
  /** At most three words. */
  readonly word: string;
  /** In big digits: the time of the first entry. */
  readonly figure: string | null;
  readonly detail: string;
  /** What to do now. */
  readonly advice: string;
}

export interface Circumstances {
  readonly confirmed: boolean;
  readonly scannedAt: number;
  readonly zone: string;
}

export function wordsFor(verdict: Shown, { confirmed, scannedAt, zone }: Circumstances): Words {
  switch (verdict.t) {
    case "admitted":
      return {
        tone: "admit",
        word: "Welcome",
        figure: null,
        detail: verdict.ticket_type,
        advice: confirmed ? "" : "Let in by this phone alone. It tells the server as soon as it can.",
      };
    case "already_in":
      return {
        tone: "deny",
        word: "Already in",
        figure: clockTime(verdict.entry.at, zone),
        detail: [verdict.entry.door || "Another door", ago(scannedAt - verdict.entry.at)]
          .filter(Boolean)
          .join("\u00a0· "), // a narrow screen breaks the line after the door
        advice: verdict.ticket_type,
      };
    case "stale":
      return staleWords(verdict.age_s);
    case "unlisted":
      return {
        tone: "check",
        word: "Not listed",
        figure: null,
        detail: "Not on this phone's list",
        advice: "Nobody to ask. Sold a moment ago? The guest's ticket page has a late-sale code.",
      };
    case "interrupted":
      return {
        tone: "check",
        word: "Cut off",
        figure: clockTime(scannedAt, zone),
        detail: "This phone stopped in mid-scan",
        advice: "Nobody knows what it showed. If that guest is still here, scan again.",
      };
    case "refused":
      return { tone: "deny", figure: null, ...REFUSALS[verdict.reason] };
    default:
      return lateWords(verdict, zone);
  }
}

const REFUSALS = {
  refunded: {
    word: "Refunded",
    detail: "The money was given back",
    advice: "This ticket no longer opens the door.",
  },
  void: { word: "Void", detail: "Replaced or cancelled", advice: "Ask for the ticket that replaced it." },
  unknown: {
    word: "Unknown",
    detail: "Not a ticket we know",
    advice: "It looks like one of ours, but not for this show. Ask to see the wallet.",
  },
  not_a_ticket: {
    word: "No ticket",
    detail: "Not one of our codes",
    advice: "Ask for the code in the wallet, at full brightness.",
  },
} as const;

function staleWords(age: number): Words {
  const base = { tone: "check", figure: null } as const;
  if (age === 0)
    return {
      ...base,
      word: "Too early",
      detail: "Doors are just opening",
      advice: "Scan it again in a minute.",
    };
  const span = spanWords(Math.abs(age));
  if (age > 0)
    return {
      ...base,
      word: "Old code",
      detail: `${span} old`,
      advice: "A screenshot? Ask for the live code in the wallet. If it is live, that phone's clock is slow.",
    };
  return {
    ...base,
    word: "Clock ahead",
    detail: `${span} ahead`,
    advice: "A genuine ticket on a phone whose clock is fast. Set it to automatic time, then scan again.",
  };
}

function ago(ms: number): string {
  return ms < 1_000 ? "just\u00a0now" : `${spanWords(ms / 1000)} ago`.replaceAll(" ", "\u00a0");
}

/** `1 scan`, `2 scans`. */
export function counted(n: number, thing: string): string {
  return `${n} ${thing}${n === 1 ? "" : "s"}`;
}

/** `1 phone`, `2 phones`: those that this phone can talk to without the server. */
export function nearbyWords(n: number): string {
  return counted(n, "phone");
}

/** How far the server stands behind a verdict. "Confirmed" is for a welcome alone: nobody confirms a refusal. */
export function proofWords(tone: Tone, confirmed: boolean): string {
  if (!confirmed) return "Offline";
  return tone === "admit" ? "Confirmed" : "Checked by the server";
}

/** An alert as a headline and a sentence. */
export function alertWords(alert: Alert, zone: string): { title: string; text: string } {
  const when = (entry: { at: number; door: string }) => `${clockTime(entry.at, zone)} at ${entry.door}`;
  switch (alert.kind) {
    case "let_in_twice": {
      const [first, then] =
        alert.first.at <= alert.second.at ? [alert.first, alert.second] : [alert.second, alert.first];
      return { title: "One ticket let in twice", text: `First ${when(first)}, then ${when(then)}.` };
    }
    case "wrongly_let_in":
      return {
        title: "Let in, but should not have been",
        text: `${when(alert.entry)}: the ticket is ${WRONGS[alert.reason] ?? "not valid"}.`,
      };
    case "too_many_by_hand":
      return {
        title: alert.known ? "More people than tickets" : "No such order",
        text: byHandText(alert, when(alert.entry)),
      };
    case "good_after_all":
      return {
        title: "A ticket turned away is good",
        text: `${when(alert.entry)}: the server has let it in. Wave that guest through.`,
      };
    case "not_undone":
      return {
        title: "Not taken back",
        text: `${when(alert.entry)}: ${NOT_UNDONE[alert.reason] ?? "the server did not take it back"}. It still counts as in.`,
      };
  }
}

const NOT_UNDONE: Readonly<Record<string, string>> = {
  too_late: "more than 5 minutes had passed",
  not_an_admission: "nobody was let in by that scan",
  already_undone: "it had been taken back before",
  not_this_device: "another phone let that guest in",
};

const WRONGS: Readonly<Record<string, string>> = {
  refunded: "refunded",
  void: "void",
  unknown: "not one of this show's",
};

function byHandText(
  { people, known, counted }: Extract<Alert, { kind: "too_many_by_hand" }>,
  when: string,
): string {
  const came = `${when}: ${peopleWords(people)} let in by Order ID`;
  if (!known) return `${came}, and there is no such order.`;
  return `${came}, and ${counted === 0 ? "no ticket" : counted === 1 ? "1 ticket" : `${counted} tickets`} of it ${counted > 1 ? "were" : "was"} free.`;
}
