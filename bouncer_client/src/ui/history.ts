import { isConfirmed, type ScanRow, type UndoRow } from "../core/journal.ts";
import type { DoorState } from "../door_state.ts";
import { h, type IconName, icon } from "./dom.ts";
import { clockTime } from "./times.ts";
import type { Taken } from "./undo.ts";
import { wordsFor } from "./words.ts";

const ICONS: Readonly<Record<string, IconName>> = { admit: "tick", deny: "cross", check: "question" };

/** The last scans of this phone, newest first. */
export function historyList(zone: string, undo: (taken: Taken) => void) {
  const list = h("ol", { class: "history", "data-testid": "history", "aria-label": "Last scans" });
  const empty = h(
    "p",
    { class: "help empty" },
    "No scans yet. Hold the code in the frame, a hand's width away.",
  );
  let shown = "";
  return {
    element: h("section", { class: "last" }, h("h2", {}, "Last scans"), empty, list),
    render({ recent, undone, undoable }: Pick<DoorState, "recent" | "undone" | "undoable">): void {
      const lines = recent.map((row) => ({
        row,
        undo: undone.get(row.scan_id),
        mayUndo: undoable.has(row.scan_id),
      }));
      const now = JSON.stringify(lines);
      if (now === shown) return;
      shown = now;
      empty.hidden = recent.length > 0;
      list.replaceChildren(...lines.map((one) => line(one, zone, undo)));
    },
  };
}

interface Line {
  readonly row: ScanRow;
  readonly undo: UndoRow | undefined;
  readonly mayUndo: boolean;
}

function line({ row, undo, mayUndo }: Line, zone: string, take: (taken: Taken) => void): HTMLElement {
  const time = h("time", {}, clockTime(row.scanned_at, zone));
  if (row.verdict === null)
    return h("li", { "data-tone": "wait" }, icon("clock"), h("span", { class: "word" }, "Asking"), time);
  const confirmed = isConfirmed(row) && undo?.acknowledged !== false;
  const words = wordsFor(row.verdict, { confirmed, scannedAt: row.scanned_at, zone });
  const what = [words.figure, words.detail].filter(Boolean).join(", ");
  const taken = { scanId: row.scan_id, at: row.scanned_at, what: words.detail || words.word };
  return h(
    "li",
    { "data-tone": undo ? "back" : words.tone },
    icon(undo ? "undo" : (ICONS[words.tone] ?? "question")),
    h("span", { class: "word" }, undo ? "Taken back" : words.word),
    h("span", { class: "what" }, what),
    confirmed ? null : h("span", { class: "tag" }, "unsent"),
    time,
    mayUndo ? undoButton(taken, words.detail, take) : null,
  );
}

function undoButton(taken: Taken, what: string, take: (taken: Taken) => void): HTMLElement {
  const attributes = { class: "button undo", type: "button", "data-testid": "undo-line" };
  return h(
    "button",
    { ...attributes, onclick: () => take(taken) },
    "Undo",
    h("span", { class: "visually-hidden" }, ` ${what}`),
  );
}
