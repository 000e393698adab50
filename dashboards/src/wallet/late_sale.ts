import { need, setText } from "../lib/dom.ts";
import type { WalletTicket } from "./data.ts";
import { symbolOf } from "./symbol.ts";

/** The way past a door phone whose list is older than the ticket. All of it is in the page: it needs no network. */
export class LateSale {
  private readonly root = need("[data-late-sale]");
  private readonly dialog = need<HTMLDialogElement>("[data-late-sale-code]");
  private shown = "";

  constructor() {
    need("button", this.root).addEventListener("click", () => this.dialog.showModal());
    need("button", this.dialog).addEventListener("click", () => this.dialog.close());
  }

  /** Called many times a second: it touches only what changes. */
  draw({ certificate, number, status }: WalletTicket, isLive: boolean): void {
    const isOffered = isLive && status === "active" && certificate !== "";
    this.root.hidden = !isOffered;
    if (!isOffered && this.dialog.open) this.dialog.close();
    if (!isOffered || certificate === this.shown) return;
    this.shown = certificate;
    const { size, path } = symbolOf(certificate, "medium");
    const symbol = need("svg", this.dialog);
    symbol.setAttribute("viewBox", `0 0 ${size} ${size}`);
    need("path", symbol).setAttribute("d", path);
    setText(need("[data-late-sale-of]", this.dialog), `Ticket ${number}`);
  }
}
