const FIRST_MS = 500;
const LONGEST_MS = 10_000;

/**
 * How long to wait before the next try, in milliseconds, after `failures` failures in a row (0 = the first retry).
 * Full jitter: a thousand phones that lost one server must not come back in the same instant.
 */
export function delayBefore(failures: number, random: () => number): number {
  return random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** failures);
}
