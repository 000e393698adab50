/** One scan in the product's own page, as a hardware scanner makes it. */
export interface Scanned {
  readonly verdict: string;
  readonly confirmed: string;
  /** From the code's last key to the verdict's words in the page. */
  readonly ms: number;
  /** From there to the start of the frame that shows it. */
  readonly toFrameMs: number;
}

const PATIENCE_MS = 10_000;

/** Scan one code after the other, with a pause between, in the page that is open. */
export async function scanAll(codes: readonly string[], betweenMs: number): Promise<Scanned[]> {
  const scanned: Scanned[] = [];
  for (const code of codes) {
    scanned.push(await scanOne(code));
    await pause(betweenMs);
  }
  return scanned;
}

async function scanOne(code: string): Promise<Scanned> {
  const shown = nextVerdict();
  for (const key of code) press(key);
  const began = performance.now();
  press("Enter");
  const { element, at } = await shown;
  const frame = await new Promise<number>(requestAnimationFrame);
  const { verdict = "", confirmed = "" } = element.dataset;
  // A frame's time is when it began: one that was under way already shows the verdict with the next.
  return { verdict, confirmed, ms: at - began, toFrameMs: Math.max(0, frame - at) };
}

/** The next time that a verdict is written into the page. */
function nextVerdict(): Promise<{ element: HTMLElement; at: number }> {
  const overlay = document.querySelector<HTMLElement>(".verdict");
  if (overlay === null) throw new Error("the page is not scanning");
  return new Promise((resolve, reject) => {
    const watch = new MutationObserver(() => {
      const at = performance.now();
      if (overlay.querySelector("[data-testid=verdict-word]") === null) return;
      done();
      resolve({ element: overlay, at });
    });
    const late = setTimeout(() => {
      done();
      reject(new Error("no verdict"));
    }, PATIENCE_MS);
    const done = () => {
      watch.disconnect();
      clearTimeout(late);
    };
    watch.observe(overlay, { childList: true });
  });
}

function press(key: string): void {
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
