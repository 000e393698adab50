import { need, setText } from "../lib/dom.ts";

const SWIPE_PX = 60;

/** Next and back through an order's tickets: two big buttons, arrow keys, or a swipe over the pass. */
export class Pager {
  private index = 0;
  private readonly root = document.querySelector<HTMLElement>("[data-pager]");

  constructor(
    private readonly count: number,
    private readonly turned: (index: number) => void,
  ) {
    if (this.root === null) return;
    this.root.hidden = false;
    need("[data-page='-1']", this.root).addEventListener("click", () => this.turn(-1));
    need("[data-page='1']", this.root).addEventListener("click", () => this.turn(1));
    this.root.addEventListener("keydown", ({ key }) => {
      if (key === "ArrowLeft") this.turn(-1);
      if (key === "ArrowRight") this.turn(1);
    });
    this.swipes(need(".pass"));
    this.draw();
  }

  private turn(by: -1 | 1): void {
    const next = this.index + by;
    if (next < 0 || next >= this.count) return;
    this.index = next;
    this.draw();
    this.turned(next);
  }

  private draw(): void {
    if (this.root === null) return;
    setText(need("[data-place]", this.root), `Ticket ${this.index + 1} of ${this.count}`);
    need<HTMLButtonElement>("[data-page='-1']", this.root).disabled = this.index === 0;
    need<HTMLButtonElement>("[data-page='1']", this.root).disabled = this.index === this.count - 1;
  }

  private swipes(pass: HTMLElement): void {
    let startX = 0;
    pass.addEventListener(
      "touchstart",
      (event) => {
        startX = event.changedTouches[0]?.clientX ?? 0;
      },
      { passive: true },
    );
    pass.addEventListener(
      "touchend",
      (event) => {
        const moved = (event.changedTouches[0]?.clientX ?? 0) - startX;
        if (Math.abs(moved) > SWIPE_PX) this.turn(moved < 0 ? 1 : -1);
      },
      { passive: true },
    );
  }
}
