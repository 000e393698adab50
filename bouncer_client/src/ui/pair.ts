import type { DoorApi, PairingProblem } from "../adapters/api.ts";
import { cameraProblem, openCamera } from "../adapters/camera.ts";
import type { Identity } from "../adapters/keeper.ts";
import { pairingCodeIn } from "../core/pairing_code.ts";
import { h, icon, say } from "./dom.ts";

export interface PairOptions {
  readonly api: DoorApi;
  /** From the link that opened the page; empty when it had none. */
  readonly code: string;
  readonly doorName: string;
  /** A sentence about what pairing would replace or lose. */
  readonly warning: string | null;
  /** Safari on an iPhone gives the installed app a storage of its own: pairing must happen inside it. */
  readonly mustInstallFirst: boolean;
  paired(identity: Identity): void;
  /** Offered when the phone is paired already. */
  keep: (() => void) | null;
}

const PROBLEMS: Readonly<Record<PairingProblem | "no_code" | "no_name", string>> = {
  pairing_code_unknown: "The venue does not know this code. Ask for a new one.",
  pairing_code_expired: "This code has expired. Ask the venue for a new one: it is good for ten minutes.",
  pairing_code_used: "Another phone has used this code. Each phone needs a new one.",
  malformed: "The door's name must be 1 to 40 letters, and the code must be complete.",
  unreachable: "The server did not answer. Pairing is the one thing that needs a network: try again.",
  no_code: "Scan the venue's pairing code, open its link, or type it here.",
  no_name: "Give this door a name: other phones show it with every entry.",
};

/** The first screen of a new phone: who are you, and who says so? */
export function pairScreen(root: HTMLElement, options: PairOptions): () => void {
  const name = h("input", {
    id: "pair-name",
    "data-testid": "pair-name",
    maxlength: 40,
    autocomplete: "off",
    placeholder: "Door A",
    value: options.doorName,
    required: true,
    "aria-describedby": "pair-name-help",
  });
  const code = h("input", {
    id: "pair-code",
    "data-testid": "pair-code",
    autocomplete: "off",
    autocapitalize: "off",
    spellcheck: "false",
    value: options.code,
  });
  const problem = h("p", { class: "problem", role: "alert", "data-testid": "pair-problem" });
  const submit = h("button", { class: "button primary", "data-testid": "pair-submit" }, "Pair this phone");
  const camera = pairingCamera((found) => {
    code.value = found;
    say(problem, "");
    name.focus();
  });
  const entry = h(
    "div",
    { class: "stack" },
    h("label", { for: "pair-code" }, "Pairing code"),
    code,
    camera.element,
  );
  const another = anotherCode(() => reveal(code));

  /** The link brought the code: nobody needs to see it, until it turns out to be no good. */
  function reveal(focused: HTMLElement): void {
    another.hidden = true;
    entry.hidden = false;
    focused.focus();
  }

  async function pair(): Promise<void> {
    const found = pairingCodeIn(code.value);
    const asked = name.value.trim();
    if (asked === "" || found === null) {
      say(problem, PROBLEMS[asked === "" ? "no_name" : "no_code"]);
      if (asked === "") name.focus();
      else reveal(code);
      return;
    }
    submit.disabled = true;
    say(problem, "");
    const answer = await options.api.pair(found, asked);
    submit.disabled = false;
    if (typeof answer !== "string") {
      options.paired(answer);
      return;
    }
    say(problem, PROBLEMS[answer]);
    if (answer.startsWith("pairing_code_")) reveal(code);
  }

  root.replaceChildren(
    h(
      "main",
      { class: "sheet pair" },
      h("p", { class: "brand" }, "NGN"),
      h("h1", {}, "Bouncer Mode"),
      h(
        "p",
        { class: "lead" },
        "Pair this phone with the show. It scans tickets from then on, with or without a network.",
      ),
      options.mustInstallFirst ? installFirst() : null,
      options.warning === null ? null : h("p", { class: "note" }, options.warning),
      h(
        "form",
        {
          novalidate: true,
          onsubmit: (event) => {
            event.preventDefault();
            void pair();
          },
        },
        h("label", { for: "pair-name" }, "This door's name"),
        name,
        h(
          "p",
          { class: "help", id: "pair-name-help" },
          "Shown on every phone with each entry: “Already in, 21:04:17, Door A”.",
        ),
        entry,
        another,
        problem,
        submit,
        options.keep === null
          ? null
          : h(
              "button",
              { class: "button", type: "button", onclick: options.keep },
              "Keep the pairing that it has",
            ),
      ),
    ),
  );
  entry.hidden = options.code !== "";
  another.hidden = options.code === "";
  (options.code === "" ? code : name).focus();
  return camera.stop;
}

function anotherCode(show: () => void): HTMLElement {
  return h(
    "div",
    { class: "linked" },
    h("p", { class: "help" }, "The pairing code came with the link."),
    h(
      "button",
      { class: "button", type: "button", "data-testid": "another-code", onclick: show },
      "Use another code",
    ),
  );
}

function installFirst(): HTMLElement {
  return h(
    "p",
    { class: "note" },
    "On an iPhone, install first: Share, then Add to Home Screen. Open Bouncer Mode from there and pair inside it: the installed app does not share this tab's storage.",
  );
}

/** A button that turns into a viewfinder until it has seen a pairing code. */
function pairingCamera(found: (code: string) => void): { element: HTMLElement; stop: () => void } {
  const video = h("video", { playsinline: true, muted: true, "aria-label": "Camera picture" });
  video.muted = true;
  const problem = h("p", { class: "problem", role: "alert" });
  const camera = openCamera(video, (text) => {
    if (text === null) return;
    const code = pairingCodeIn(text);
    if (code === null) {
      say(problem, "That is not a pairing code. It is on the venue's page for this show.");
      return;
    }
    close();
    found(code);
  });
  const button = h("button", { class: "button", type: "button" }, icon("camera"), "Scan the pairing code");
  const viewfinder = h("div", { class: "viewfinder small", hidden: true }, video);
  button.addEventListener("click", () => {
    say(problem, "");
    viewfinder.hidden = false;
    button.hidden = true;
    camera.start().catch((error: unknown) => {
      close();
      say(problem, cameraProblem(error));
    });
  });
  const close = () => {
    camera.stop();
    viewfinder.hidden = true;
    button.hidden = false;
  };
  return { element: h("div", { class: "stack" }, button, viewfinder, problem), stop: close };
}
