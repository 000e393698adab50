import type { DoorState } from "../door_state.ts";
import { h, icon, say } from "./dom.ts";
import { shortTime } from "./times.ts";

/** Always in sight: is there a network, how old is the list, what is not sent yet, how many are in. */
export function stateHeader(deviceName: string, zone: string, menu: () => void) {
  const status = h("p", { class: "status", "data-testid": "status", role: "status" });
  const inside = figure("In", "inside");
  const list = figure("List", "manifest-count");
  const unsent = figure("Unsent", "unsent");
  return {
    element: h(
      "header",
      { class: "state" },
      h(
        "div",
        { class: "state-row" },
        h("div", { class: "who" }, h("p", { class: "brand" }, deviceName), status),
        h("button", { class: "button square", "aria-label": "This phone", onclick: menu }, icon("menu")),
      ),
      h("dl", { class: "figures" }, inside.element, list.element, unsent.element),
    ),
    render(state: DoorState): void {
      status.dataset["status"] = state.status;
      say(status, statusWords(state, zone));
      inside.set(String(state.inside), `of ${state.expected}`);
      list.set(
        String(state.tickets),
        state.listAsOf === null ? "live" : `as of ${shortTime(state.listAsOf, zone)}`,
      );
      unsent.set(String(state.unsent), state.unsent === 0 ? "all sent" : "will be sent");
      unsent.element.classList.toggle("owed", state.unsent > 0);
    },
  };
}

function statusWords({ status, offlineSince }: DoorState, zone: string): string {
  if (status === "live") return "Live";
  if (status === "connecting") return "Connecting";
  return offlineSince === null ? "Offline" : `Offline since ${shortTime(offlineSince, zone)}`;
}

function figure(title: string, testId: string) {
  const value = h("span", { class: "value", "data-testid": testId });
  const note = h("span", { class: "note-small" });
  return {
    element: h("div", {}, h("dt", {}, title), h("dd", {}, value, note)),
    set(number: string, words: string): void {
      say(value, number);
      say(note, words);
    },
  };
}
