import { need, setText } from "../lib/dom.ts";

const EVERY_MS = 1_000;

/** How far the refunds of a cancelled show are, in orders. */
export interface Progress {
  readonly orders: number;
  readonly refunded: number;
  readonly needs_person: number;
}

/** What the server drew. */
export function progressOf(card: HTMLElement): Progress {
  const number = (name: string) => Number(card.dataset[name]);
  return { orders: number("orders"), refunded: number("refunded"), needs_person: number("problems") };
}

export function headline({ orders, refunded, needs_person }: Progress): string {
  if (orders === 0) return "Nobody had bought, so nobody is owed anything";
  if (refunded < orders && refunded + needs_person >= orders) return "The rest needs you";
  return refunded >= orders ? "Everybody has their money on its way" : "Money is going back";
}

/** Ask every second while somebody looks, until everybody has their money. */
export function followProgress(card: HTMLElement, start: Progress): void {
  let now = start;
  let asking = false;
  const ask = async () => {
    if (asking || document.visibilityState !== "visible") return;
    asking = true;
    try {
      const news = await read();
      need("[data-offline]", card).hidden = true;
      // The list of what needs a person is the server's to draw.
      if (news.needs_person !== now.needs_person) location.reload();
      now = news;
      draw(card, now);
      if (now.refunded >= now.orders) clearInterval(asks);
    } catch {
      need("[data-offline]", card).hidden = false;
    } finally {
      asking = false;
    }
  };
  const asks = setInterval(() => void ask(), EVERY_MS);
  if (now.refunded >= now.orders) clearInterval(asks);
}

async function read(): Promise<Progress> {
  const answer = await fetch("progress.json", { cache: "no-store", signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error(`the progress is ${answer.status}`);
  return (await answer.json()) as Progress;
}

function draw(card: HTMLElement, progress: Progress): void {
  const { orders, refunded } = progress;
  setText(need("[data-headline]", card), headline(progress));
  setText(need("[data-refunded-count]", card), String(refunded));
  const bar = need("[data-bar]", card);
  bar.setAttribute("aria-valuenow", String(refunded));
  bar.setAttribute("aria-valuetext", `${refunded} of ${orders} orders refunded`);
  need(".bar__sold", bar).setAttribute("width", (orders > 0 ? (refunded / orders) * 100 : 0).toFixed(2));
}
