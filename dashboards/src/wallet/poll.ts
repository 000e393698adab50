import type { OrderState } from "./data.ts";

/**
 * Ask for the order's state every `everyMs` while somebody looks, and at once when they come back.
 * `failed` tells that the network is gone; the page lives on.
 */
export function pollOrder(
  url: string,
  everyMs: number,
  handlers: { news(state: OrderState): void; failed(): void },
): void {
  let asking = false;
  const ask = async () => {
    if (asking || document.visibilityState !== "visible") return;
    asking = true;
    try {
      handlers.news(await read(url));
    } catch {
      handlers.failed();
    } finally {
      asking = false;
    }
  };
  setInterval(() => void ask(), everyMs);
  document.addEventListener("visibilitychange", () => void ask());
  addEventListener("online", () => void ask());
}

async function read(url: string): Promise<OrderState> {
  const answer = await fetch(url, { cache: "no-store", signal: AbortSignal.timeout(5_000) });
  if (!answer.ok) throw new Error(`the order's state is ${answer.status}`);
  return (await answer.json()) as OrderState;
}
