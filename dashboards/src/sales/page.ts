import type { FeedSale, SalesSnapshot } from "../../../realtime/client/protocol.gen.ts";
import { applySalesFact, type SalesFact } from "../../../realtime/client/reducers.ts";
import { display } from "../../../ticketing/client/money.ts";
import { drawBar, percentSold } from "../lib/bar.ts";
import { need, prefersStillness, replay, setText } from "../lib/dom.ts";
import {
  disputeItem,
  doubleScanItem,
  doubtItem,
  drawFeed,
  entryItem,
  refundItem,
  saleItem,
} from "./feeds.ts";
import { disputesOf, netOf, type Standing, standingOf, tillOf, totalsOf } from "./totals.ts";

export interface SalesData {
  readonly event_id: string;
  readonly time_zone: string;
  readonly artist: string;
  /** The page's first snapshot, and its place in the log: the socket goes on from there. */
  readonly snapshot: SalesSnapshot;
  readonly since: number;
  readonly epoch: string;
}

/** Lines of the door's feeds on this page; the door's own screens have the rest. */
const DOOR_LINES = 5;
const DISPUTES = 8;

const STATUS_WORDS: Record<Standing, string> = {
  sold_out: "Sold out",
  draft: "Draft",
  on_sale: "On sale",
  paused: "Paused",
  ended: "Ended",
  cancelled: "Cancelled",
};

/** The venue's page as a function of the snapshot, and of which sales are news. */
export class SalesPage {
  private snapshot: SalesSnapshot | null = null;
  private readonly till = need("[data-testid=feed]");
  private readonly disputes = need("[data-testid=disputes]");
  private readonly entries = need("[data-entries]");
  private readonly doubles = need("[data-double-scans]");
  private readonly doubts = need("[data-doubts]");

  constructor(private readonly data: SalesData) {}

  /** All there is: drawn in peace, whatever was there before. */
  start(snapshot: SalesSnapshot): void {
    this.snapshot = snapshot;
    this.draw(snapshot);
  }

  /** One more entry of the log. Returns the sale if it is one, for whoever wants to celebrate. */
  follow(fact: SalesFact, seq: number): FeedSale | null {
    if (this.snapshot === null) return null;
    this.snapshot = applySalesFact(this.snapshot, seq, fact);
    const fresh = this.draw(this.snapshot);
    if (fact.t !== "sale_made") return null;
    this.celebrate(fact, fresh);
    return this.snapshot.sales[0] ?? null;
  }

  private draw(snapshot: SalesSnapshot): HTMLElement[] {
    this.drawNumbers(snapshot);
    this.drawMoney(snapshot);
    return this.drawFeeds(snapshot);
  }

  private drawNumbers(snapshot: SalesSnapshot): void {
    const { allocation, sold, held, left } = totalsOf(snapshot);
    const status = standingOf(snapshot);
    const pill = need("[data-show-status]");
    pill.dataset["status"] = status;
    setText(pill, STATUS_WORDS[status]);
    if (status === "cancelled") write("[data-headline]", "This show was called off.");
    drawBar(need("[data-testid=bar]"), sold, held, allocation);
    write("[data-testid=sold]", sold);
    write("[data-held]", held);
    write("[data-testid=left]", left);
    write("[data-percent]", `${percentSold(sold, allocation)}%`);
    write("[data-testid=entered]", snapshot.entered);
    write("[data-expected]", sold);
    write("[data-allocation]", allocation);
    for (const type of snapshot.types) {
      write(`[data-type-sold="${type.id}"]`, `${type.sold} of ${type.allocation}`);
      write(`[data-type-price="${type.id}"]`, display(type.price, snapshot.currency));
    }
  }

  private drawMoney(snapshot: SalesSnapshot): void {
    const { base, fee, total } = netOf(snapshot);
    const { currency, refunded, disputed } = snapshot;
    write("[data-testid=venue-gets]", display(base, currency));
    write("[data-money=base]", display(base, currency));
    write("[data-money=fee]", display(fee, currency));
    write("[data-money=total]", display(total, currency));
    write("[data-money=refunded]", display(refunded.total, currency));
    need("[data-part=refunded]").hidden = refunded.total === 0;
    write("[data-money=disputed]", display(disputed, currency));
    need("[data-part=disputed]").hidden = disputed === 0;
  }

  private drawFeeds(snapshot: SalesSnapshot): HTMLElement[] {
    const { entries, double_scans, doubts, types } = snapshot;
    const zone = this.data.time_zone;
    const till = tillOf(snapshot);
    const disputes = disputesOf(snapshot);
    const fresh = drawFeed(this.till, till, (line) =>
      "failed" in line ? refundItem(line, zone) : saleItem(line, types, zone),
    );
    const orders = this.disputes.dataset["orders"] ?? "";
    drawFeed(this.disputes, disputes.slice(0, DISPUTES), (line) => disputeItem(line, orders, zone));
    drawFeed(this.entries, entries.slice(0, DOOR_LINES), (entry) => entryItem(entry, types, zone));
    drawFeed(this.doubles, double_scans.slice(0, DOOR_LINES), (scan) => doubleScanItem(scan, zone));
    need("[data-empty=sales]").hidden = till.length > 0;
    need("[data-part=disputes]").hidden = disputes.length === 0;
    need("[data-empty=entries]").hidden = entries.length > 0;
    need("[data-part=double-scans]").hidden = double_scans.length === 0;
    drawFeed(this.doubts, doubts.slice(0, DOOR_LINES), (doubt) => doubtItem(doubt, zone));
    need("[data-part=doubts]").hidden = doubts.length === 0;
    return fresh;
  }

  private celebrate(sale: { base: number; currency: string }, fresh: readonly HTMLElement[]): void {
    const amount = display(sale.base, sale.currency);
    write("[data-headline]", `Cha-ching! Another ${amount} sold for ${this.data.artist}.`);
    if (prefersStillness()) return;
    for (const item of fresh) item.classList.add("sale--new");
    replay(need("[data-testid=venue-gets]"), "take__amount--rung");
  }
}

function write(selector: string, value: string | number): void {
  const element = document.querySelector(selector);
  if (element !== null) setText(element, String(value));
}
