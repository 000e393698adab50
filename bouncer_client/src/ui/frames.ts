/**
 * Draw at most once a frame, with whatever is true by then: ten thousand scans that drain must not freeze the page.
 * A page that nobody sees has no frames, but its alerts must ring: it draws at once.
 */
export function oncePerFrame(draw: () => void): { draw(): void; stop(): void } {
  let frame: number | null = null;
  const now = () => {
    frame = null;
    draw();
  };
  return {
    draw: () => {
      if (document.visibilityState !== "visible") draw();
      else frame ??= requestAnimationFrame(now);
    },
    stop: () => {
      if (frame !== null) cancelAnimationFrame(frame);
    },
  };
}
