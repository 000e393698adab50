import { isConfirmed, type ScanRow } from "../core/journal.ts";
import { h, type IconName, icon } from "./dom.ts";
import { clockTime } from "./times.ts";
import { wordsFor } from "./words.ts";

const ICONS: Readonly<Record<string, IconName>> = { admit: "tick", deny: "cross", check: "question" };

/** The last scans of this phone, newest first. */
export function historyList(zone: string) {
  const list = h("ol", { class: "history", "data-testid": "history", "aria-label": "Last scans" });
  const empty = h(
    "p",
    { class: "help empty" },
    "No scans yet. Hold the code in the frame, a hand's width away.",
  );
  let shown: readonly ScanRow[] = [];
  return {
    element: h("section", { class: "last" }, h("h2", {}, "Last scans"), empty, list),
    render(rows: readonly ScanRow[]): void {
      if (rows === shown) return;
      shown = rows;
      empty.hidden = rows.length > 0;
      list.replaceChildren(...rows.map((row) => line(row, zone)));
    },
  };
}

function line(row: ScanRow, zone: string): HTMLElement {
  const time = h("time", {}, clockTime(row.scanned_at, zone));
  if (row.verdict === null)
    return h("li", { "data-tone": "wait" }, icon("clock"), h("span", { class: "word" }, "Asking"), time);
  const confirmed = isConfirmed(row);
  const words = wordsFor(row.verdict, { confirmed, scannedAt: row.scanned_at, zone });
  return h(
    "li",
    { "data-tone": words.tone },
    icon(ICONS[words.tone] ?? "question"),
    h("span", { class: "word" }, words.word),
    h("span", { class: "what" }, [words.figure, words.detail].filter(Boolean).join(", ")),
    confirmed ? null : h("span", { class: "tag" }, "unsent"),
    time,
  );
}
