import type { Sound } from "../adapters/sound.ts";
import type { Door } from "../door.ts";
import { h } from "./dom.ts";
import { currentTheme, setTheme } from "./theme.ts";

export interface MenuOptions {
  readonly door: Door;
  readonly deviceName: string;
  readonly sound: () => Sound;
  /** Back to the list of checks; null when already there. */
  stop: (() => void) | null;
  forget(): void;
}

/** This phone: its name, its looks, its sounds, and the way out. */
export function phoneMenu({ door, deviceName, sound, stop, forget }: MenuOptions): HTMLDialogElement {
  const theme = h("button", { class: "button", type: "button" });
  const named = () => {
    theme.textContent = currentTheme() === "dark" ? "Daylight colours" : "Night colours";
  };
  theme.addEventListener("click", () => {
    setTheme(currentTheme() === "dark" ? "light" : "dark");
    named();
  });
  named();
  const dialog = h(
    "dialog",
    { class: "dialog", "aria-labelledby": "menu-title" },
    h("h2", { id: "menu-title" }, deviceName),
    h("p", { class: "help" }, `${door.event.title}, ${door.event.venue}`),
    h(
      "div",
      { class: "stack" },
      theme,
      h(
        "div",
        { class: "tones", role: "group", "aria-labelledby": "tones-title" },
        h("p", { class: "help", id: "tones-title" }, "Try the sounds"),
        toneButton("Welcome", () => sound().play("admit")),
        toneButton("No", () => sound().play("deny")),
        toneButton("Look", () => sound().play("check")),
      ),
      stop === null
        ? null
        : h(
            "button",
            { class: "button", type: "button", "data-testid": "stop", onclick: leave(stop) },
            "Stop scanning",
          ),
      h(
        "button",
        { class: "button danger", type: "button", onclick: () => confirmForget() },
        "Forget this phone",
      ),
      h("button", { class: "button primary", type: "button", onclick: () => dialog.close() }, "Back"),
    ),
  );

  function leave(go: () => void): () => void {
    return () => {
      dialog.close();
      go();
    };
  }

  function confirmForget(): void {
    const { unsent } = door.state;
    const loss =
      unsent === 0
        ? "Everything that it scanned has been sent."
        : unsent === 1
          ? "1 scan has not been sent yet: it goes up as soon as there is a network."
          : `${unsent} scans have not been sent yet: they go up as soon as there is a network.`;
    dialog.replaceChildren(
      h("h2", { id: "menu-title" }, "Forget this phone?"),
      h("p", {}, `It stops scanning for ${door.event.title}, and its ticket list is erased here. ${loss}`),
      h("p", { class: "help" }, "The venue still sees it among its door phones, until it is removed there."),
      h(
        "div",
        { class: "stack" },
        h(
          "button",
          { class: "button danger", type: "button", "data-testid": "forget", onclick: leave(forget) },
          "Forget it",
        ),
        h("button", { class: "button primary", type: "button", onclick: () => dialog.close() }, "Keep it"),
      ),
    );
  }

  dialog.addEventListener("close", () => dialog.remove());
  return dialog;
}

function toneButton(name: string, play: () => void): HTMLElement {
  return h("button", { class: "button", type: "button", onclick: play }, name);
}
