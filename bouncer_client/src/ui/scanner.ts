import { type Camera, cameraProblem, openCamera } from "../adapters/camera.ts";
import { keepAwake } from "../adapters/phone.ts";
import type { Sound } from "../adapters/sound.ts";
import type { Screen } from "../core/scan.ts";
import { Wedge } from "../core/wedge.ts";
import type { Door } from "../door.ts";
import type { DoorState } from "../door_state.ts";
import { alertDialog } from "./alerts.ts";
import { h, icon, say } from "./dom.ts";
import { oncePerFrame } from "./frames.ts";
import { historyList } from "./history.ts";
import { typedEntry } from "./keypad.ts";
import { manualDialog } from "./manual.ts";
import { phoneNotices } from "./notices.ts";
import { stateHeader } from "./state_header.ts";
import { teamDialog } from "./team.ts";
import { type Taken, undoDialog } from "./undo.ts";
import { verdictOverlay, type Way } from "./verdict.ts";
import { wordsFor } from "./words.ts";

export interface ScannerOptions {
  readonly door: Door;
  readonly deviceName: string;
  readonly sound: Sound;
  /** From 0 to 1; null where the browser does not tell. */
  battery(): number | null;
  menu(): void;
}

/** The shift: a picture, the state of things, the last scans; and over it all, verdicts. */
export function scannerScreen(
  root: HTMLElement,
  { door, deviceName, sound, battery, menu }: ScannerOptions,
): () => void {
  const zone = door.event.time_zone;
  const team = teamDialog(door.deviceId, zone);
  const header = stateHeader(deviceName, zone, menu, team.open);
  const alerts = alertDialog({
    zone,
    seen: (key) => door.dismissAlert(key),
    ring: () => sound.play("alarm"),
  });
  const undo = undoDialog(zone, (scanId) => door.undo(scanId));
  const history = historyList(zone, undo.open);
  const overlay = verdictOverlay(
    zone,
    () => door.dismiss(),
    (screen) => undo.open(takenFrom(screen, zone)),
    unlistedWays(door, {
      certificate: () => view.awaitCertificate(),
      byOrder: () => manual.open(),
    }),
  );
  const notices = phoneNotices(battery);
  history.element.prepend(notices.element);
  const typed = typedEntry((text) => door.typed(text));
  const manual = manualDialog(door.desk);
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
      view.hint,
      // Below the picture: whatever has to be read must not push the camera away.
      fault,
      history.element,
      undo.said,
      h(
        "div",
        { class: "bar" },
        h(
          "button",
          { class: "button", "data-testid": "type-code", onclick: typed.open },
          icon("keypad"),
          "Type a code",
        ),
        h(
          "button",
          { class: "button", "data-testid": "by-order", onclick: manual.open },
          icon("hand"),
          "Order ID",
        ),
        view.torch,
      ),
    ),
    typed.element,
    manual.element,
    overlay.element,
    undo.element,
    team.element,
    alerts.element,
  );

  function render(state: DoorState): void {
    header.render(state);
    alerts.render(state.alerts, state.screen === null);
    team.render(state);
    notices.render(state);
    history.render(state);
    overlay.render(state.screen);
    view.tell(state);
    say(fault, state.fault ?? "");
  }
  const frames = oncePerFrame(() => render(door.state));
  const stops = [
    frames.stop,
    alerts.stop,
    door.onChange(frames.draw),
    door.onVerdict((screen) => {
      overlay.render(screen); // at once: everything else can wait for the frame
      sound.play(wordsFor(screen.verdict, { ...screen, zone }).tone);
    }),
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

/** What can be done for a guest whose ticket is not on this phone's list, when there is nobody to ask. */
function unlistedWays(door: Door, way: { certificate(): void; byOrder(): void }): readonly Way[] {
  const after = (go: () => void) => () => {
    door.dismiss();
    go();
  };
  return [
    { label: "Late-sale code", testId: "ask-certificate", run: after(way.certificate) },
    { label: "By Order ID", testId: "ask-order", run: after(way.byOrder) },
  ];
}

function takenFrom({ verdict, confirmed, scannedAt, scanId = "" }: Screen, zone: string): Taken {
  const { detail, word } = wordsFor(verdict, { confirmed, scannedAt, zone });
  return { scanId, at: scannedAt, what: detail || word };
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
  const held = h("p", { class: "held", role: "status", "data-testid": "camera-says" });
  // Beside the picture, not over it: a phone without a camera has its button there.
  const hint = h("p", { class: "note", role: "status", hidden: true }, AWAITS_CERTIFICATE);
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
    tell(state: Pick<DoorState, "screen" | "isAsking" | "isHolding">): void {
      if (state.screen !== null) hint.hidden = true;
      say(held, cameraWords(state));
    },
    hint,
    awaitCertificate(): void {
      hint.hidden = false;
    },
    stop: () => {
      camera.stop();
      torch.setAttribute("aria-pressed", "false");
    },
  };
}

const AWAITS_CERTIFICATE =
  "In the guest's ticket page: “Not on the door's list?”. Scan that code, then the ticket.";

function cameraWords({ isAsking, isHolding }: Pick<DoorState, "isAsking" | "isHolding">): string {
  if (isAsking) return "Checking with the server";
  return isHolding ? "Answered already: next ticket, please" : "";
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
