const FIRST_MS = 500;
const LONGEST_MS = 10_000;
/** The longest pause that `going_away` can ask for. */
const LONGEST_ASKED_MS = 600_000;

/** When a loss was not ours alone, those who came with us come back spread over this long, by what they follow. */
export const CROWD_MS = { facts: 3_000, state: 10_000 } as const;

export interface Loss {
  /** Tries in a row that came to nothing; 0 for a connection that had been good. */
  readonly failures: number;
  /** Over how long the others who lost the same server spread; 0 when the loss is ours alone. */
  readonly crowdMs: number;
  /** What `going_away` asked for, counted from the close; null when the server said nothing. */
  readonly askedMs: number | null;
}

/** The next try comes at a random moment of this span, in milliseconds from now. */
export interface Pause {
  readonly least: number;
  readonly most: number;
}

/**
 * When to try again. Full jitter: a thousand phones that lost one server must not come back in the same instant.
 * The server's own word goes first: it has spread its clients itself.
 */
export function pauseAfter({ failures, crowdMs, askedMs }: Loss): Pause {
  if (askedMs !== null) {
    const asked = Math.min(LONGEST_ASKED_MS, Math.max(0, askedMs));
    return { least: asked, most: asked };
  }
  return { least: 0, most: Math.min(LONGEST_MS, Math.max(crowdMs, FIRST_MS * 2 ** failures)) };
}

/** One moment of a pause; `chance` is from 0 to 1. */
export function within({ least, most }: Pause, chance: number): number {
  return least + chance * (most - least);
}
