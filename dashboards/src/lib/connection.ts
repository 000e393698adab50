import type { Gateway, Status } from "../../../realtime/client/gateway.ts";
import { setText } from "./dom.ts";

const WORDS: Record<Status, string> = {
  connecting: "Reconnecting…",
  live: "Live",
  offline: "Offline",
};

/** Keep a pill's word and `data-status` as the gateway says. Before the first connection it says "Connecting…". */
export function showConnection(pill: HTMLElement, gateway: Gateway): void {
  let wasLive = false;
  const show = (status: Status) => {
    wasLive ||= status === "live";
    pill.dataset["status"] = status;
    setText(pill, status === "connecting" && !wasLive ? "Connecting…" : WORDS[status]);
  };
  show(gateway.status);
  gateway.onStatus(show);
}
