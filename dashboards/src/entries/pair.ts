import "../styles/sales.css";
import { need, setText } from "../lib/dom.ts";
import { timer } from "../lib/time.ts";

const countdown = document.querySelector<HTMLElement>("[data-expires-in]");
if (countdown !== null) count(countdown);

/** The page was made just now, so its own clock counts what is left: the two devices' clocks need not agree. */
function count(element: HTMLElement): void {
  const ends = performance.now() + Number(element.dataset["expiresIn"]) * 1000;
  const draw = () => {
    const left = ends - performance.now();
    setText(element, timer(left));
    if (left > 0) return;
    clearInterval(ticking);
    need("[data-part=code]").hidden = true;
    need("[data-part=expired]").hidden = false;
  };
  const ticking = setInterval(draw, 500);
  draw();
}
