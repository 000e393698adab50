import "../styles/wallet.css";
import { need, setText } from "../lib/dom.ts";
import { timer } from "../lib/time.ts";
import { pollOrder } from "../wallet/poll.ts";

/** The page of an order that is not paid: it only asks, and never decides. */
const order = need("[data-testid=order-state]");
const state = order.dataset["state"];
if (state === "held") wait();

function wait(): void {
  pollOrder("state.json", 1_000, {
    news: (news) => {
      need("[data-offline]").hidden = true;
      if (news.state !== state) location.reload();
    },
    failed: () => {
      need("[data-offline]").hidden = false;
    },
  });
  countDown();
}

function countDown(): void {
  const countdown = order.querySelector<HTMLElement>("[data-hold-left]");
  if (countdown === null) return;
  // The server told how much is left when it made the page: nothing here depends on this phone's clock being right.
  const ends = performance.now() + Number(countdown.dataset["holdLeft"]) * 1000;
  const draw = () => setText(countdown, timer(ends - performance.now()));
  setInterval(draw, 500);
  draw();
}
