import { need } from "./dom.ts";

/** Draw a sell-through bar: `sold` and `held` of `allocation`. Its HTML is `dashboards/_bar.html`. */
export function drawBar(bar: HTMLElement, sold: number, held: number, allocation: number): void {
  const share = allocation > 0 ? (sold / allocation) * 100 : 0;
  const claimed = allocation > 0 ? (held / allocation) * 100 : 0;
  need<SVGRectElement>(".bar__sold", bar).setAttribute("width", share.toFixed(2));
  const heldPart = bar.querySelector(".bar__held");
  heldPart?.setAttribute("x", share.toFixed(2));
  heldPart?.setAttribute("width", claimed.toFixed(2));
  bar.setAttribute("aria-valuenow", String(sold));
  bar.setAttribute("aria-valuetext", `${sold} of ${allocation} sold`);
  bar.dataset["full"] = String(allocation > 0 && sold >= allocation);
}

/** Whole percent sold; 100 only when the last one is sold, and never 0 once the first one is. */
export function percentSold(sold: number, allocation: number): number {
  if (allocation <= 0 || sold <= 0) return 0;
  if (sold >= allocation) return 100;
  return Math.min(99, Math.max(1, Math.floor((sold / allocation) * 100)));
}
