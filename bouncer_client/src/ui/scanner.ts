import { type Camera, cameraProblem, openCamera } from "../adapters/camera.ts";
import { keepAwake } from "../adapters/phone.ts";
import type { Sound } from "../adapters/sound.ts";
import { Wedge } from "../core/wedge.ts";
import type { Door } from "../door.ts";
import type { DoorState } from "../door_state.ts";
import { alertList } from "./alerts.ts";
import { h, icon, say } from "./dom.ts";
import { historyList } from "./history.ts";
import { typedEntry } from "./keypad.ts";
import { stateHeader } from "./state_header.ts";
import { verdictOverlay } from "./verdict.ts";
import { wordsFor } from "./words.ts";

export interface ScannerOptions {
  readonly door: Door;
  readonly deviceName: string;
  readonly sound: Sound;
  menu(): void;
}

/** The shift: a picture, the state of things, the last scans; and over it all, verdicts. */
export function scannerScreen(
  root: HTMLElement,
  { door, deviceName, sound, menu }: ScannerOptions,
): () => void {
  const zone = door.event.time_zone;
  const header = stateHeader(deviceName, zone, menu);
  const alerts = alertList(
    zone,
    (key) => door.dismissAlert(key),
    () => sound.play("deny"),
  );
  const history = historyList(zone);
  const overlay = verdictOverlay(zone, () => door.dismiss());
  const typed = typedEntry((text) => door.typed(text));
  // A verdict would be hidden behind an open dialog: nothing is scanned there, and nothing counts as gone.
  const view = viewfinder((text) => !isInDialog() && door.seen(text));
  const fault = h("p", { class: "problem", role: "alert" });

  root.replaceChildren(
    h(
      "main",
      { class: "scanner" },
      h("h1", { class: "visually-hidden" }, `Scanning for ${door.event.title}`),
      header.element,
      view.element,
      // Below the picture: whatever has to be read must not push the camera away.
      alerts.element,
      fault,
      history.element,
      h(
        "div",
        { class: "bar" },
        h(
          "button",
          { class: "button", "data-testid": "type-code", onclick: typed.open },
          icon("keypad"),
          "Type a code",
        ),
        view.torch,
      ),
    ),
    typed.element,
    overlay.element,
  );

  function render(state: DoorState): void {
    header.render(state);
    alerts.render(state.alerts);
    history.render(state.recent);
    overlay.render(state.screen);
    view.hold(state.isHolding);
    say(fault, state.fault ?? "");
  }
  const stops = [
    door.onChange(() => render(door.state)),
    door.onVerdict(({ verdict, confirmed, scannedAt }) =>
      sound.play(wordsFor(verdict, { confirmed, scannedAt, zone }).tone),
    ),
    keepAwake(),
    hardwareScanner(
      (text) => door.typed(text),
      () => door.dismiss(),
    ),
    whenInFront(() => {
      sound.resume();
      view.start();
    }, view.stop),
    view.stop,
  ];
  render(door.state);
  view.start();
  return () => {
    for (const stop of stops) stop();
  };
}

/** The camera's picture with its frame, its own troubles, and its lamp. */
function viewfinder(read: (text: string | null) => unknown) {
  const video = h("video", { playsinline: true, muted: true, "aria-label": "Camera picture" });
  video.muted = true; // the attribute alone does not count for a video made by script
  const camera = openCamera(video, read);
  const problem = h("p", { class: "problem", role: "alert" });
  const again = h(
    "button",
    { class: "button", hidden: true, onclick: () => start() },
    icon("camera"),
    "Start the camera",
  );
  const torch = h(
    "button",
    { class: "button", hidden: true, "aria-pressed": "false" },
    icon("torch"),
    "Light",
  );
  const held = h("p", { class: "held", hidden: true }, "Answered already: next ticket, please");
  torch.addEventListener("click", () => void toggle(camera, torch));

  function start(): void {
    say(problem, "");
    again.hidden = true;
    camera.start().then(
      () => {
        torch.hidden = camera.torch === null;
      },
      (error: unknown) => {
        camera.stop();
        say(problem, cameraProblem(error));
        again.hidden = false;
      },
    );
  }
  return {
    element: h(
      "div",
      { class: "viewfinder" },
      video,
      h("div", { class: "frame", "aria-hidden": "true" }),
      held,
      problem,
      again,
    ),
    torch,
    start,
    hold: (isHolding: boolean) => {
      held.hidden = !isHolding;
    },
    stop: () => {
      camera.stop();
      torch.setAttribute("aria-pressed", "false");
    },
  };
}

async function toggle(camera: Camera, button: HTMLElement): Promise<void> {
  const { torch } = camera;
  if (torch === null) return;
  const on = button.getAttribute("aria-pressed") !== "true";
  await torch.set(on).then(
    () => button.setAttribute("aria-pressed", String(on)),
    () => {
      button.hidden = true; // the lamp that the camera promised is not there
    },
  );
}

/** Keys of a hardware scanner, wherever the focus is; a dialog keeps its own keys. Escape clears a verdict. */
function hardwareScanner(scanned: (text: string) => void, dismiss: () => void): () => void {
  const wedge = new Wedge();
  const press = (event: KeyboardEvent) => {
    if (isInDialog() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") dismiss();
    const wasTyping = wedge.isTyping;
    const text = wedge.press(event.key, event.timeStamp);
    if (event.key === "Enter" && wasTyping) event.preventDefault();
    if (text !== null) scanned(text);
  };
  document.addEventListener("keydown", press, { capture: true });
  return () => document.removeEventListener("keydown", press, { capture: true });
}

/** A phone in a pocket films nothing, and its camera is taken away by the system anyway. */
function whenInFront(front: () => void, away: () => void): () => void {
  const changed = () => (document.visibilityState === "visible" ? front() : away());
  document.addEventListener("visibilitychange", changed);
  return () => document.removeEventListener("visibilitychange", changed);
}

function isInDialog(): boolean {
  return document.querySelector("dialog[open]") !== null;
}
