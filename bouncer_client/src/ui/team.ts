import type { DeviceHere } from "../../../realtime/client/protocol.gen.ts";
import type { DoorState } from "../door_state.ts";
import { h, icon, say } from "./dom.ts";
import { shortTime } from "./times.ts";
import { counted, nearbyWords } from "./words.ts";

/** Who is at the door with me: each phone, whether it is there, what it still owes, how long its battery lasts. */
export function teamDialog(deviceId: string, zone: string) {
  const list = h("ul", { class: "team", "data-testid": "team" });
  const note = h("p", { class: "help", "data-testid": "team-note" });
  const element = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "team-title" },
    h("h2", { id: "team-title", tabindex: -1, autofocus: true }, "Phones at this door"),
    note,
    list,
    h(
      "button",
      {
        class: "button primary",
        "data-testid": "team-close",
        type: "button",
        onclick: () => element.close(),
      },
      "Back",
    ),
  );
  let shown: readonly DeviceHere[] | null = null;
  return {
    element,
    open: () => {
      if (!element.open) element.showModal();
    },
    render(state: DoorState): void {
      say(note, noteWords(state, zone));
      if (state.team === shown) return;
      shown = state.team;
      list.replaceChildren(...state.team.map((device) => line(device, device.id === deviceId, zone)));
    },
  };
}

function line(device: DeviceHere, isThis: boolean, zone: string): HTMLElement {
  const unsent = device.unsent ?? 0;
  return h(
    "li",
    { "data-online": String(device.online) },
    icon(device.online ? "tick" : "clock"),
    h("span", { class: "word" }, isThis ? `${device.name} (this phone)` : device.name),
    h("span", { class: "what" }, deviceWords(device, zone)),
    unsent === 0 ? null : h("span", { class: "tag" }, `${counted(unsent, "scan")} unsent`),
  );
}

/** How a phone is, in words: `here · all sent · battery 83%`. */
export function deviceWords(device: DeviceHere, zone: string): string {
  const { unsent, battery } = device;
  const sent = unsent === 0 ? "all sent" : "";
  const power = battery === null ? "" : `battery ${Math.round(battery * 100)}%`;
  return [placeWords(device, zone), sent, power].filter(Boolean).join(" · ");
}

function placeWords({ online, scanning, last_seen_at: at }: DeviceHere, zone: string): string {
  if (online) return scanning === false ? "here, not scanning" : "here";
  return at === null ? "never here" : `away since ${shortTime(at, zone)}`;
}

function noteWords({ status, listAsOf, nearby, team }: DoorState, zone: string): string {
  const near = nearby === 0 ? "" : ` This phone talks to ${nearbyWords(nearby)} without the server.`;
  if (team.length === 0) return `The server has not told yet who is here.${near}`;
  if (status === "live" || listAsOf === null) return `As the server sees them now.${near}`;
  return `As the server saw them at ${shortTime(listAsOf, zone)}.${near}`;
}
