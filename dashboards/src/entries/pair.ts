import "../styles/sales.css";
import "../styles/office.css";
import { need, setText } from "../lib/dom.ts";
import { timer } from "../lib/time.ts";

const LOOK_MS = 2_000;
const code = document.querySelector<HTMLElement>("[data-part=code]");
if (code !== null) {
  countDown(need("[data-expires-in]", code));
  follow(code);
}

/** The page was made just now, so its own clock counts what is left: the two devices' clocks need not agree. */
function countDown(element: HTMLElement): void {
  const ends = performance.now() + Number(element.dataset["expiresIn"]) * 1000;
  const draw = () => setText(element, timer(ends - performance.now()));
  setInterval(draw, 500);
  draw();
}

/** Ask what became of the code; when it is spent the page that says so takes this one's place. */
function follow(shown: HTMLElement): void {
  const address = shown.dataset["stateUrl"] ?? "";
  const look = async () => {
    if (document.visibilityState !== "visible") return;
    if ((await stateAt(address)) !== "waiting") location.replace(shown.dataset["then"] ?? location.pathname);
  };
  setInterval(() => void look(), LOOK_MS);
  document.addEventListener("visibilitychange", () => void look());
}

/** `waiting` also without an answer: the picture stays good without a network here. */
async function stateAt(address: string): Promise<string> {
  try {
    const answer = await fetch(address, { cache: "no-store", signal: AbortSignal.timeout(5_000) });
    return answer.ok ? ((await answer.json()) as { state: string }).state : "waiting";
  } catch {
    return "waiting";
  }
}
