import { Chain, fromHex } from "../../../ticketing/client/live_code.ts";
import { need, prefersStillness, setText } from "../lib/dom.ts";
import { dayInWords, nextMinute, span, timeOfDay } from "../lib/time.ts";
import type { WalletData, WalletTicket } from "./data.ts";
import { type Phase, phaseAt } from "./phase.ts";
import { statusInWords } from "./status.ts";
import { symbolOf } from "./symbol.ts";

/** The one pass on the screen: which ticket it is, and what it shows at this moment. */
export class Stage {
  private readonly code = need("[data-testid=live-code]");
  private readonly symbol = need<SVGSVGElement>(".code__symbol");
  private readonly ring = need<SVGPathElement>(".code__left");
  private readonly chains = new Map<string, Chain>();
  private shown = "";

  constructor(private readonly data: WalletData) {}

  /** Draw `ticket` as of the server's `now`. Called many times a second: it touches only what changes. */
  draw(ticket: WalletTicket, now: number): void {
    const phase = phaseAt(this.data.chain, now);
    const part = ticket.status === "active" ? phase.t : ticket.status;
    for (const element of document.querySelectorAll<HTMLElement>("[data-part]"))
      element.hidden = element.dataset["part"] !== part;
    this.drawWords(ticket, phase, now);
    if (part === "live" && phase.t === "live") this.drawCode(ticket, phase);
  }

  private drawWords(ticket: WalletTicket, phase: Phase, now: number): void {
    const zone = this.data.time_zone;
    write("[data-ticket-type]", ticket.type);
    write("[data-testid=ticket-status]", statusInWords(ticket.status, phase.t));
    write("[data-clock]", timeOfDay(now, zone));
    if (ticket.redeemed_at !== null) {
      write("[data-in-at]", timeOfDay(ticket.redeemed_at, zone));
      write("[data-in-door]", ticket.redeemed_door);
    }
    if (phase.t === "before") {
      write("[data-opens]", nextMinute(phase.opensAt, zone));
      write("[data-opens-day]", dayInWords(phase.opensAt, now, zone));
      write("[data-opens-in]", span(phase.opensAt - now));
    }
  }

  private drawCode(ticket: WalletTicket, { step, left }: Extract<Phase, { t: "live" }>): void {
    const key = `${ticket.id} ${step}`;
    if (key !== this.shown) this.swap(ticket, step);
    this.shown = key;
    const exact = (left / (this.data.chain.step_s * 1000)) * 100;
    const drawn = prefersStillness() ? Math.ceil(exact / 10) * 10 : exact;
    this.ring.setAttribute("stroke-dashoffset", (100 - drawn).toFixed(2));
    write("[data-next-in]", `New code in ${Math.ceil(left / 1000)} s`);
  }

  /** One attribute holds the whole picture: no camera can catch half of the old code and half of the new. */
  private swap(ticket: WalletTicket, step: number): void {
    const { size, path } = symbolOf(this.chainOf(ticket).codeAt(step));
    this.symbol.setAttribute("viewBox", `0 0 ${size} ${size}`);
    need("path", this.symbol).setAttribute("d", path);
    this.code.dataset["step"] = String(step);
    this.code.setAttribute("aria-label", `Entry code of ticket ${ticket.number}, new every 15 seconds`);
  }

  private chainOf(ticket: WalletTicket): Chain {
    const { salt, steps } = this.data.chain;
    const chain = this.chains.get(ticket.seed) ?? new Chain(fromHex(salt), fromHex(ticket.seed), steps);
    this.chains.set(ticket.seed, chain);
    return chain;
  }
}

function write(selector: string, text: string): void {
  for (const element of document.querySelectorAll(selector)) setText(element, text);
}
