import type { Door } from "../door.ts";
import { h, icon, say } from "./dom.ts";
import { counted } from "./words.ts";

export interface PreflightOptions {
  readonly door: Door;
  readonly deviceName: string;
  readonly isInstalled: boolean;
  readonly isStoragePersisted: Promise<boolean>;
  readonly staysAwake: boolean;
  /** From 0 to 1; null where the browser does not tell. */
  battery(): number | null;
  /** Take over the new version that waits; null while there is none. */
  readonly update: { onReady(listener: () => void): () => void; take(): void };
  start(): void;
  menu(): void;
}

type Mark = "ok" | "look" | "wait";

/** Before doors: is this phone fit for its shift? Nothing here blocks but a fault of the phone itself. */
export function preflightScreen(root: HTMLElement, options: PreflightOptions): () => void {
  const { door } = options;
  const list = check("Ticket list", "manifest-count");
  const connection = check("Connection");
  const clock = check("Clock");
  const journal = check("Journal");
  const storage = check("Storage");
  const screen = check("Screen");
  const battery = check("Battery");
  const installed = check("App");
  const fault = h("p", { class: "problem", role: "alert" });
  const start = h(
    "button",
    { class: "button primary huge", "data-testid": "start-scanning", onclick: options.start },
    icon("camera"),
    "Start scanning",
  );
  const update = h("div", { class: "note", hidden: true });
  const updateWords = h("p", {});
  const takeUpdate = h(
    "button",
    { class: "button", "data-testid": "update", onclick: () => options.update.take() },
    "Update now",
  );
  update.append(updateWords, takeUpdate);
  const ignore = options.update.onReady(() => {
    update.hidden = false;
  });

  function render(): void {
    const state = door.state;
    list.set("ok", `${counted(state.tickets, "ticket")}, checksum verified`);
    connection.set(
      state.status === "live" ? "ok" : state.status === "connecting" ? "wait" : "look",
      CONNECTION[state.status],
    );
    clock.set(...clockWords(state.clockOffsetMs, state.status === "live"));
    journal.set(
      state.unsent === 0 ? "ok" : "look",
      state.unsent === 0 ? "Nothing unsent" : `${counted(state.unsent, "scan")} to send`,
    );
    // Never in the middle of a shift: while this phone owes scans it stays what it is.
    takeUpdate.hidden = state.unsent > 0;
    say(updateWords, state.unsent > 0 ? UPDATE_LATER : UPDATE_NOW);
    battery.set(...batteryWords(options.battery()));
    battery.element.hidden = options.battery() === null;
    say(fault, state.fault ?? "");
  }

  installed.set(
    options.isInstalled ? "ok" : "look",
    options.isInstalled
      ? "Installed"
      : "In a browser tab: install it from the browser's menu, it is safer there",
  );
  screen.set(
    options.staysAwake ? "ok" : "look",
    options.staysAwake ? "Stays on while scanning" : "May go dark: set Auto-Lock to Never in the settings",
  );
  storage.set("wait", "Asking the browser");
  void options.isStoragePersisted.then((kept) =>
    storage.set(
      kept ? "ok" : "look",
      kept ? "Kept for good" : "The browser may clear it when space runs out",
    ),
  );
  root.replaceChildren(
    h(
      "main",
      { class: "sheet preflight" },
      h(
        "header",
        { class: "title-row" },
        h("div", {}, h("p", { class: "brand" }, options.deviceName), h("h1", {}, door.event.title)),
        h(
          "button",
          { class: "button square", "aria-label": "This phone", onclick: options.menu },
          icon("menu"),
        ),
      ),
      h("p", { class: "lead" }, door.event.venue),
      update,
      h(
        "ul",
        { class: "checks" },
        ...[list, connection, clock, journal, storage, screen, battery, installed].map(
          ({ element }) => element,
        ),
      ),
      fault,
      h(
        "div",
        { class: "bottom" },
        h("p", { class: "help" }, "The phone asks for its camera and may make sounds from then on."),
        start,
      ),
    ),
  );
  render();
  start.focus();
  const stop = door.onChange(render);
  return () => {
    ignore();
    stop();
  };
}

const UPDATE_NOW =
  "A new version of Bouncer Mode is ready. Take it now, before the shift: it reloads the page.";
const UPDATE_LATER = "A new version of Bouncer Mode is ready. It can be taken once all scans are sent.";
const LOW_BATTERY = 0.2;

function batteryWords(level: number | null): [Mark, string] {
  if (level === null) return ["wait", "Not known"];
  return [level > LOW_BATTERY ? "ok" : "look", `${Math.round(level * 100)} %`];
}

const CONNECTION = {
  live: "Live",
  connecting: "Connecting",
  offline: "Offline: scans count all the same and are sent later",
} as const;

function clockWords(offsetMs: number, isLive: boolean): [Mark, string] {
  const seconds = Math.abs(offsetMs) / 1000;
  if (offsetMs === 0 && !isLive) return ["look", "Not compared with the server yet"];
  if (seconds < 2) return ["ok", "Agrees with the server"];
  const way = offsetMs > 0 ? "slow" : "fast";
  return ["look", `${Math.round(seconds)} s ${way}; corrected, but set it to automatic time`];
}

function check(title: string, testId: string | null = null) {
  const mark = h("span", { class: "mark", "aria-hidden": "true" });
  const spoken = h("span", { class: "visually-hidden" });
  const text = h("span", { class: "what", "data-testid": testId });
  const element = h("li", {}, mark, h("span", { class: "of" }, title), text, spoken);
  return {
    element,
    set(state: Mark, words: string): void {
      element.dataset["mark"] = state;
      mark.replaceChildren(icon(state === "ok" ? "tick" : state === "look" ? "question" : "clock"));
      say(spoken, state === "ok" ? " (fine)" : state === "look" ? " (look at this)" : " (wait)");
      say(text, words);
    },
  };
}
