import type { DoorState } from "../door_state.ts";
import { h, icon, say } from "./dom.ts";
import { shortTime } from "./times.ts";
import { nearbyWords } from "./words.ts";

/** Always in sight: is there a network, how old is the list, what is not sent yet, how many are in, who is here. */
export function stateHeader(deviceName: string, zone: string, menu: () => void, team: () => void) {
  const status = h("p", { class: "status", "data-testid": "status", role: "status" });
  const nearby = h("p", { class: "nearby", "data-testid": "nearby", role: "status" });
  const inside = figure("In", "inside");
  const list = figure("List", "manifest-count");
  const unsent = figure("Unsent", "unsent");
  const phones = figure("Phones", "phones", team);
  return {
    element: h(
      "header",
      { class: "state" },
      h(
        "div",
        { class: "state-row" },
        h(
          "div",
          { class: "who" },
          h("p", { class: "brand" }, deviceName),
          h("div", { class: "links" }, status, nearby),
        ),
        h("button", { class: "button square", "aria-label": "This phone", onclick: menu }, icon("menu")),
      ),
      h("dl", { class: "figures" }, inside.element, list.element, unsent.element, phones.element),
    ),
    render(state: DoorState): void {
      status.dataset["status"] = state.status;
      status.toggleAttribute("data-slow", state.isSlow);
      say(status, statusWords(state, zone));
      say(nearby, state.nearby === 0 ? "" : `with ${nearbyWords(state.nearby)} nearby`);
      inside.set(String(state.inside), `of ${state.expected}`);
      list.set(
        String(state.tickets),
        state.listAsOf === null ? "live" : `as of ${shortTime(state.listAsOf, zone)}`,
      );
      unsent.set(String(state.unsent), state.unsent === 0 ? "all sent" : "will be sent");
      unsent.element.classList.toggle("owed", state.unsent > 0);
      phones.set(...phonesWords(state));
    },
  };
}

export function statusWords(
  { status, isSlow, offlineSince }: Pick<DoorState, "status" | "isSlow" | "offlineSince">,
  zone: string,
): string {
  if (status === "live") return isSlow ? "Slow" : "Live";
  if (status === "connecting") return "Connecting";
  return offlineSince === null ? "Offline" : `Offline since ${shortTime(offlineSince, zone)}`;
}

/** Without the server, only those that this phone can talk to itself are known to be there. */
function phonesWords({ status, team, nearby }: DoorState): [string, string] {
  if (status !== "live") return [String(nearby + 1), nearby === 0 ? "alone" : "nearby"];
  const here = team.filter(({ online }) => online).length;
  return [String(Math.max(1, here)), `of ${Math.max(1, team.length)}`];
}

function figure(title: string, testId: string, open?: () => void) {
  const value = h("span", { class: "value", "data-testid": testId });
  const note = h("span", { class: "note-small" });
  const told =
    open === undefined ? [value, note] : [h("button", { type: "button", onclick: open }, value, note)];
  return {
    element: h("div", {}, h("dt", {}, title), h("dd", {}, ...told)),
    set(number: string, words: string): void {
      say(value, number);
      say(note, words);
    },
  };
}
