import type { DoorState } from "../door_state.ts";
import { h, say } from "./dom.ts";
import { spanWords } from "./times.ts";

const LOW_BATTERY = 0.15;

/** What is wrong with this phone itself, while it scans: nothing here stops a scan. */
export function phoneNotices(battery: () => number | null) {
  const clock = h("p", { class: "note", role: "status", "data-testid": "clock-notice", hidden: true });
  const power = h("p", { class: "note", role: "status", "data-testid": "battery-notice", hidden: true });
  return {
    element: h("div", { class: "notices" }, clock, power),
    render(state: DoorState): void {
      tell(clock, clockWords(state));
      tell(power, batteryWords(battery()));
    },
  };
}

function tell(element: HTMLElement, words: string): void {
  say(element, words);
  element.hidden = words === "";
}

/** What the banner says about the phone's clock; nothing while it may be trusted. */
export function clockWords({ clockTrouble }: Pick<DoorState, "clockTrouble">): string {
  if (clockTrouble === null) return "";
  const { proof, fastByS } = clockTrouble;
  const off = `${spanWords(Math.abs(fastByS))} ${fastByS > 0 ? "fast" : "slow"}`;
  return proof === "server"
    ? `This phone's clock is ${off}. Scans are corrected; set it to automatic time all the same.`
    : `Every ticket seems as old as the last: this phone's clock is wrong, ${off}. Set it to automatic time.`;
}

function batteryWords(level: number | null): string {
  if (level === null || level > LOW_BATTERY) return "";
  return `Battery at ${Math.round(level * 100)} %. Plug this phone in, or have another one ready.`;
}
