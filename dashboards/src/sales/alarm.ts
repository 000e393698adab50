import type { DoubleScan } from "../../../realtime/client/protocol.gen.ts";
import { make, setText } from "../lib/dom.ts";
import { timeOfDay } from "../lib/time.ts";

/** A ticket that was let in twice, in words: both doors, both times, the earlier one first. */
export function twiceInWords(scan: DoubleScan, zone: string): string {
  const [first, then] = [
    { at: scan.first_at, door: scan.first_door },
    { at: scan.second_at, door: scan.second_door },
  ].sort((a, b) => a.at - b.at);
  const where = (entry = { at: 0, door: "" }) => `${timeOfDay(entry.at, zone)} at ${entry.door}`;
  return `First ${where(first)}, then ${where(then)}.`;
}

/** What the owner must see now, whatever the page is used for: one after the other, each until somebody has seen it. */
export class DoorAlarm {
  private readonly waiting: string[] = [];
  private readonly text = make("p", "alarm-box__text");
  private readonly more = make("p", "muted small");
  private readonly dialog = document.createElement("dialog");
  private readonly title = document.title;

  constructor(private readonly zone: string) {
    const title = make("h2", "", "One ticket let in twice");
    title.id = "door-alarm-title";
    const said = make("div", "", title, this.text);
    said.setAttribute("role", "alert");
    const seen = make("button", "button button--primary", "Seen");
    seen.addEventListener("click", () => this.seen());
    this.dialog.className = "alarm-box";
    this.dialog.dataset["testid"] = "door-alarm";
    this.dialog.setAttribute("role", "alertdialog");
    this.dialog.setAttribute("aria-labelledby", title.id);
    this.dialog.addEventListener("cancel", (event) => event.preventDefault());
    this.dialog.append(said, this.more, seen);
    document.body.append(this.dialog);
  }

  tell(scan: DoubleScan): void {
    this.waiting.push(twiceInWords(scan, this.zone));
    this.draw();
  }

  private seen(): void {
    this.waiting.shift();
    this.draw();
  }

  private draw(): void {
    const [oldest] = this.waiting;
    document.title =
      oldest === undefined ? this.title : `(${this.waiting.length}) Let in twice · ${this.title}`;
    if (oldest === undefined) {
      this.dialog.close();
      return;
    }
    setText(this.text, oldest);
    setText(this.more, this.waiting.length > 1 ? `${this.waiting.length - 1} more after this one` : "");
    if (!this.dialog.open) this.dialog.showModal();
  }
}
