import type { ArtistState } from "../../../realtime/client/protocol.gen.ts";
import { drawBar, percentSold } from "../lib/bar.ts";
import { need, prefersStillness, setText } from "../lib/dom.ts";
import { confetti } from "./confetti.ts";

/** One show's card on the artist's page. */
export class ShowCard {
  private wasSoldOut: boolean;

  constructor(private readonly card: HTMLElement) {
    this.wasSoldOut = card.dataset["full"] === "true";
  }

  get eventId(): string {
    return this.card.dataset["event"] ?? "";
  }

  follow(state: ArtistState): void {
    const soldOut = state.sold_out_at !== null;
    const part = (selector: string) => need(selector, this.card);
    drawBar(part("[data-testid=bar]"), state.sold, 0, state.allocation);
    setText(part("[data-testid=percent]"), String(percentSold(state.sold, state.allocation)));
    setText(part("[data-sold]"), String(state.sold));
    setText(part("[data-allocation]"), String(state.allocation));
    part("[data-cheer]").hidden = !soldOut;
    this.card.dataset["full"] = String(soldOut);
    if (soldOut && !this.wasSoldOut) this.celebrate();
    this.wasSoldOut = soldOut;
  }

  private celebrate(): void {
    if (!prefersStillness()) confetti(need<HTMLCanvasElement>("canvas", this.card));
  }
}
