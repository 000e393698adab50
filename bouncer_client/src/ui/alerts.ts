import type { Alert } from "../core/drain.ts";
import { h } from "./dom.ts";
import { alertWords } from "./words.ts";

/**
 * What the door must know now, until somebody has read it: the newest first, one at a time, so that many of them do
 * not take the camera's place. `rang` is called for each new one.
 */
export function alertList(zone: string, dismiss: (key: string) => void, rang: () => void) {
  const element = h("div", { class: "alerts", role: "alert", "data-testid": "alerts" });
  let shown: readonly Alert[] = [];
  return {
    element,
    render(alerts: readonly Alert[]): void {
      if (alerts === shown) return;
      if (alerts.some((alert) => !shown.includes(alert))) rang();
      shown = alerts;
      const [newest] = alerts;
      element.replaceChildren(...(newest ? [card(newest, alerts.length - 1, { zone, dismiss })] : []));
    },
  };
}

interface Reading {
  readonly zone: string;
  dismiss(key: string): void;
}

function card(alert: Alert, more: number, { zone, dismiss }: Reading): HTMLElement {
  const { title, text } = alertWords(alert, zone);
  return h(
    "div",
    { class: "alert", "data-kind": alert.kind },
    h(
      "div",
      {},
      h("p", { class: "alert-title" }, title),
      h("p", {}, text),
      more === 0 ? null : h("p", { class: "alert-more" }, `${more} more after this one`),
    ),
    h("button", { class: "button", onclick: () => dismiss(alert.key) }, "Seen"),
  );
}
