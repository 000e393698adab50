import { h } from "./dom.ts";
import { clockTime } from "./times.ts";

/** The admission that somebody wants to take back, as it is known on the screen. */
export interface Taken {
  readonly scanId: string;
  readonly at: number;
  readonly what: string;
}

/** One question before an admission is taken back: one tap more, with buttons for gloves. */
export function undoDialog(zone: string, undo: (scanId: string) => Promise<boolean>) {
  const title = h("h2", { id: "undo-title" }, "Take this entry back?");
  const text = h("p", { class: "lead" });
  const yes = h("button", { class: "button danger huge", type: "button", "data-testid": "undo-yes" });
  const no = h("button", { class: "button primary huge", type: "button", "data-testid": "undo-no" });
  const said = h("p", { class: "visually-hidden", role: "status", "data-testid": "undo-said" });
  const element = h(
    "dialog",
    { class: "dialog undo", "aria-labelledby": "undo-title" },
    title,
    text,
    h("div", { class: "stack" }, yes, no),
  );
  let asked: Taken | null = null;

  yes.addEventListener("click", () => {
    if (asked === null) return;
    yes.disabled = true;
    void undo(asked.scanId).then((isDone) => (isDone ? done() : tooLate()));
  });
  no.addEventListener("click", () => element.close());

  function done(): void {
    element.close();
    said.textContent = "Taken back. The ticket may enter again.";
  }

  function tooLate(): void {
    title.textContent = "Not taken back";
    text.textContent = "More than 5 minutes have passed, or it was taken back before. It counts as in.";
    yes.hidden = true;
    no.textContent = "Back";
  }

  return {
    element,
    said,
    open(taken: Taken): void {
      asked = taken;
      title.textContent = "Take this entry back?";
      text.textContent = `${taken.what}, ${clockTime(taken.at, zone)}. The ticket may enter again, here or at another door.`;
      yes.textContent = "Take it back";
      yes.disabled = yes.hidden = false;
      no.textContent = "Keep it";
      said.textContent = "";
      element.showModal();
    },
  };
}
