import "../styles/wallet.css";
import { need, setText, showWhen } from "../lib/dom.ts";
import { timer } from "../lib/time.ts";
import { pollOrder } from "../wallet/poll.ts";

/** A fan who has just paid is not offered to turn back: Stripe's word usually comes within this time. */
const PATIENCE_MS = 8_000;
const ASK_AGAIN_MS = 30_000;

/** The page of an order that is not paid: it only asks, and never decides. */
const order = need("[data-testid=order-state]");
pollOrder("state.json", 1_000, {
  news: (news) => {
    need("[data-offline]").hidden = true;
    if (news.state !== order.dataset["state"]) location.replace(location.pathname);
  },
  failed: () => {
    need("[data-offline]").hidden = false;
  },
});
countDown();
setTimeout(() => void askAboutPayment(), order.dataset["payment"] === "waiting" ? PATIENCE_MS : ASK_AGAIN_MS);

/** Where Stripe is with the payment decides which part of the page is shown, and whether it offers a way back. */
async function askAboutPayment(): Promise<void> {
  try {
    const answer = await fetch("payment.json", { cache: "no-store", signal: AbortSignal.timeout(20_000) });
    if (answer.ok) showWhen(order, ((await answer.json()) as { payment: string }).payment);
  } catch {
    // No network: the page says so already, and what it shows stays true.
  }
  setTimeout(() => void askAboutPayment(), ASK_AGAIN_MS);
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
