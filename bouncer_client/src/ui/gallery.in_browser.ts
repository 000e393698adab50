import type { Alert } from "../core/drain.ts";
import type { Shown } from "../core/journal.ts";
import type { Screen } from "../core/scan.ts";
import { alertDialog } from "./alerts.ts";
import { verdictOverlay } from "./verdict.ts";

/**
 * Every verdict and alert that there is, one at a time over the page that is open: a browser test bundles this module,
 * calls it in the product's own page, and has each looked at. None of them may be missing here.
 */

const AT = Date.UTC(2026, 10, 22, 21, 4, 17);
const ZONE = "UTC";
const THERE = { at: AT, door: "Door B" };
const HERE = { at: AT + 120_000, door: "Main entrance, left" };
const ORDER = { order_id: "7Q4M2XK9TD3", people: 3 };

const VERDICTS: Readonly<Record<string, readonly [Shown, confirmed: boolean]>> = {
  admitted: [{ t: "admitted", ticket_type: "General admission", entry: THERE }, true],
  admitted_alone: [{ t: "admitted", ticket_type: "Balcony, standing, under 18", entry: THERE }, false],
  already_in: [{ t: "already_in", ticket_type: "General admission", entry: THERE }, true],
  already_in_alone: [{ t: "already_in", ticket_type: "General admission", entry: HERE }, false],
  old_code: [{ t: "stale", age_s: 360 }, true],
  very_old_code: [{ t: "stale", age_s: 7_500 }, false],
  clock_ahead: [{ t: "stale", age_s: -90 }, false],
  too_early: [{ t: "stale", age_s: 0 }, true],
  refunded: [{ t: "refused", reason: "refunded" }, true],
  void: [{ t: "refused", reason: "void" }, false],
  unknown: [{ t: "refused", reason: "unknown" }, true],
  not_a_ticket: [{ t: "refused", reason: "not_a_ticket" }, true],
  unlisted: [{ t: "unlisted" }, false],
  interrupted: [{ t: "interrupted" }, false],
  damaged: [{ t: "odd", form: "damaged" }, false],
  printed: [{ t: "odd", form: "printed" }, false],
  certified: [{ t: "certified", anchor: "00", sold_at: AT }, false],
  signature: [{ t: "not_certified", why: "signature" }, false],
  too_old: [{ t: "not_certified", why: "too_old" }, false],
  listed: [{ t: "not_certified", why: "listed" }, false],
  cannot_check: [{ t: "not_certified", why: "cannot_check" }, false],
  by_hand: [{ t: "by_hand", ...ORDER, known: true }, false],
  by_hand_flagged: [{ t: "by_hand", ...ORDER, known: false }, false],
};

const ALERTS: Readonly<Record<string, Alert>> = {
  alert_let_in_twice: { kind: "let_in_twice", key: "a", first: THERE, second: HERE },
  alert_wrongly_let_in: { kind: "wrongly_let_in", key: "a", entry: THERE, reason: "refunded" },
  alert_good_after_all: { kind: "good_after_all", key: "a", entry: THERE },
  alert_not_undone: { kind: "not_undone", key: "a", entry: THERE, reason: "too_late" },
};

export function names(): string[] {
  return [...Object.keys(VERDICTS), ...Object.keys(ALERTS)];
}

/** Show one of them in the place of the one before. */
export function show(name: string): void {
  clear();
  const shown = VERDICTS[name] === undefined ? anAlert(name) : aVerdict(VERDICTS[name]);
  shown.id = "shown";
}

/** As the page was. */
export function clear(): void {
  document.getElementById("shown")?.remove();
}

function aVerdict([verdict, confirmed]: readonly [Shown, boolean]): HTMLElement {
  const way = (label: string) => ({ label, testId: "way", run: () => {} });
  const ways = [way("Ask for the late-sale code"), way("Let in by Order ID")];
  const { element, render } = verdictOverlay(
    ZONE,
    () => {},
    () => {},
    ways,
  );
  const screen: Screen = { verdict, confirmed, scannedAt: AT + 2_280_000, scanId: "scan" };
  document.querySelector("#door")?.append(element);
  render(screen);
  return element;
}

/** With so many others behind it that there is a way to own up to all of them. */
function anAlert(name: string): HTMLElement {
  const { element, render, stop } = alertDialog({ zone: ZONE, seen: () => {}, ring: () => {} });
  document.querySelector("#door")?.append(element);
  const one = ALERTS[name];
  if (one === undefined) throw new Error(`nothing is called ${name}`);
  render(
    ["d", "c", "b", "a"].map((key) => ({ ...one, key })),
    true,
  );
  stop();
  return element;
}
