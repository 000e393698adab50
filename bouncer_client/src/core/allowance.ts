/** At most `count` times in any `ms` milliseconds. */
export interface Limit {
  readonly count: number;
  readonly ms: number;
}

/** Who holds a door phone could try Order IDs: by hand nobody needs more than this. */
export const BY_HAND: readonly Limit[] = [
  { count: 10, ms: 60_000 },
  { count: 30, ms: 3_600_000 },
];

/** How often something may be done. Times are monotonic milliseconds; those of an earlier life are negative. */
export class Allowance {
  private taken: number[];

  constructor(
    private readonly limits: readonly Limit[],
    before: readonly number[] = [],
  ) {
    this.taken = [...before].sort((a, b) => a - b);
  }

  /** Take one: 0, or how many milliseconds there are to wait; then nothing was taken. */
  take(now: number): number {
    const longest = Math.max(...this.limits.map(({ ms }) => ms));
    this.taken = this.taken.filter((at) => now - at < longest);
    const wait = Math.max(0, ...this.limits.map((limit) => this.waitFor(limit, now)));
    if (wait === 0) this.taken.push(now);
    return wait;
  }

  private waitFor({ count, ms }: Limit, now: number): number {
    const nth = this.taken.at(-count);
    return nth === undefined ? 0 : Math.max(0, nth + ms - now);
  }
}
