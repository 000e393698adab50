import type { Alert } from "../core/drain.ts";
import { h, say } from "./dom.ts";
import { alertWords } from "./words.ts";

const AGAIN_MS = 4_000;
/** From so many on, one tap may own up to all of them. */
const MANY = 3;

export interface AlertOptions {
  readonly zone: string;
  seen(key: string): void;
  /** Loud, for the first time and until somebody has seen them all. */
  ring(): void;
}

/**
 * What everybody at the door must know now: over the whole screen, one after the other, the oldest first, until
 * somebody says that they have seen it. It never covers a verdict: it rings at once, and stands there when that is gone.
 */
export function alertDialog({ zone, seen, ring }: AlertOptions) {
  const title = h("h2", { id: "alert-title", class: "alert-title" });
  const text = h("p", { id: "alert-text" });
  const more = h("p", { class: "alert-more" });
  const next = h("button", { class: "button huge", type: "button", "data-testid": "alert-seen" }, "Seen");
  const all = h("button", { class: "button", type: "button", "data-testid": "alerts-seen" });
  const parts = [
    h("div", { class: "alert-say", role: "alert", "aria-live": "assertive" }, title, text),
    h("div", { class: "alert-ways" }, more, all, next),
  ];
  const element = h("dialog", {
    class: "alerts",
    "data-testid": "alerts",
    role: "alertdialog",
    "aria-labelledby": "alert-title",
    "aria-describedby": "alert-text",
    oncancel: (event) => event.preventDefault(), // a key that slipped has seen nothing
  });
  let waiting: readonly Alert[] = [];
  let bell: number | null = null;
  next.addEventListener("click", () => {
    const oldest = waiting.at(-1);
    if (oldest !== undefined) seen(oldest.key);
  });
  all.addEventListener("click", () => {
    for (const { key } of waiting) seen(key);
  });

  function write(): void {
    const oldest = waiting.at(-1);
    if (oldest === undefined) return;
    const words = alertWords(oldest, zone);
    element.dataset["kind"] = oldest.kind;
    say(title, words.title);
    say(text, words.text);
    say(more, waiting.length > 1 ? `${waiting.length - 1} more after this one` : "");
    all.hidden = waiting.length < MANY;
    say(all, `All ${waiting.length} seen`);
  }

  function ringWhile(isWaiting: boolean): void {
    if (isWaiting && bell === null) bell = window.setInterval(ring, AGAIN_MS);
    if (isWaiting || bell === null) return;
    clearInterval(bell);
    bell = null;
  }

  return {
    element,
    render(alerts: readonly Alert[], isFree: boolean): void {
      if (alerts !== waiting) {
        const isNew = alerts.some((alert) => !waiting.includes(alert));
        waiting = alerts;
        write();
        if (isNew) ring();
        ringWhile(waiting.length > 0);
      }
      if (waiting.length === 0) {
        if (element.open) element.close();
        element.replaceChildren();
      } else if (isFree && !element.open) {
        element.replaceChildren(...parts);
        element.showModal();
        next.focus();
      }
    },
    stop: () => ringWhile(false),
  };
}
