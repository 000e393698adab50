interface Piece {
  x: number;
  y: number;
  dx: number;
  dy: number;
  spin: number;
  readonly color: string;
  readonly size: number;
}

const COLORS = ["#ff6b3d", "#ffc24b", "#fff1c9", "#f23d6d", "#2ec4b6"];
const LASTS_MS = 4_500;
const GRAVITY = 0.00055; // canvas heights per millisecond squared, scaled below

/** Paper over one card, once. Whoever asked for less motion gets none: the caller decides. */
export function confetti(canvas: HTMLCanvasElement): void {
  const context = canvas.getContext("2d");
  if (context === null) return;
  const { width, height } = canvas.getBoundingClientRect();
  canvas.width = width;
  canvas.height = height;
  const pieces = Array.from({ length: 140 }, () => piece(width, height));
  let last = performance.now();
  const ends = last + LASTS_MS;
  const frame = (now: number) => {
    context.clearRect(0, 0, width, height);
    if (now >= ends) return;
    for (const one of pieces) fall(one, Math.min(50, now - last), context);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
}

function piece(width: number, height: number): Piece {
  return {
    x: width * (0.2 + Math.random() * 0.6),
    y: height * 0.9,
    dx: (Math.random() - 0.5) * 0.6,
    dy: -(0.35 + Math.random() * 0.55),
    spin: Math.random() * 6,
    color: COLORS[Math.floor(Math.random() * COLORS.length)] ?? "#ff6b3d",
    size: 6 + Math.random() * 7,
  };
}

function fall(one: Piece, ms: number, context: CanvasRenderingContext2D): void {
  one.dy += GRAVITY * ms;
  one.x += one.dx * ms;
  one.y += one.dy * ms;
  one.spin += ms / 120;
  context.fillStyle = one.color;
  context.fillRect(one.x, one.y, one.size, one.size * Math.abs(Math.cos(one.spin)));
}
