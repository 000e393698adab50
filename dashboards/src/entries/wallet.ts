import "../styles/wallet.css";
import { need, pageData, setText } from "../lib/dom.ts";
import { offsetInWords, SyncedClock, storageOrNone, timeFrom } from "../wallet/clock.ts";
import { merged, type WalletData } from "../wallet/data.ts";
import { LateSale } from "../wallet/late_sale.ts";
import { Pager } from "../wallet/pager.ts";
import { phaseAt } from "../wallet/phase.ts";
import { pollOrder } from "../wallet/poll.ts";
import { Stage } from "../wallet/stage.ts";

const TICK_MS = 100;
const POLL_MS = 4_000;

const data = pageData<WalletData>("wallet-data");
const clock = new SyncedClock(timeFrom("clock.json"), storageOrNone());
const stage = new Stage(data);
const lateSale = new LateSale();
let tickets = data.tickets;
let current = 0;

new Pager(tickets.length, (index) => {
  current = index;
  draw();
});
// The first code should be the server's, not a wrong phone's: wait a moment for the time, but never for a network.
void Promise.race([clock.keepInStep(), new Promise((done) => setTimeout(done, 1_500))]).then(() => {
  draw();
  setInterval(draw, TICK_MS);
});
pollOrder("state.json", POLL_MS, {
  news: (state) => {
    need("[data-offline]").hidden = true;
    tickets = merged(tickets, state.tickets) ?? tickets;
    if (state.state !== need("[data-testid=order-state]").dataset["state"]) location.reload();
  },
  failed: () => {
    need("[data-offline]").hidden = false;
  },
});

function draw(): void {
  const ticket = tickets[current];
  if (ticket === undefined) return;
  void clock.keepInStep();
  stage.draw(ticket, clock.now());
  lateSale.draw(ticket, phaseAt(data.chain, clock.now()).t === "live");
  const words = offsetInWords(clock.offset);
  const note = need("[data-clock-note]");
  note.hidden = words === null;
  setText(note, words ?? "");
}
