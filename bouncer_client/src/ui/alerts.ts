import type { Alert } from "../core/drain.ts";
import { h } from "./dom.ts";
import { alertWords } from "./words.ts";

/** What the door must know now, until somebody has read it. `rang` is called for each new one. */
export function alertList(zone: string, dismiss: (key: string) => void, rang: () => void) {
  const element = h("div", { class: "alerts", role: "alert", "data-testid": "alerts" });
  let shown: readonly Alert[] = [];
  return {
    element,
    render(alerts: readonly Alert[]): void {
      if (alerts === shown) return;
      if (alerts.some((alert) => !shown.includes(alert))) rang();
      shown = alerts;
      element.replaceChildren(...alerts.map((alert) => card(alert, zone, dismiss)));
    },
  };
}

function card(alert: Alert, zone: string, dismiss: (key: string) => void): HTMLElement {
  const { title, text } = alertWords(alert, zone);
  return h(
    "div",
    { class: "alert", "data-kind": alert.kind },
    h("div", {}, h("p", { class: "alert-title" }, title), h("p", {}, text)),
    h("button", { class: "button", onclick: () => dismiss(alert.key) }, "Seen"),
  );
}
