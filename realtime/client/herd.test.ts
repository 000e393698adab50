import { describe, expect, test } from "vitest";
import { Bench } from "./testing.ts";

const SHOW = "018f4e1a-0000-7000-8000-000000000001";
const HERD = 2_000;

/** Chance that is the same in every run. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/**
 * Clients that follow the topic and lose their server at the same instant; when each tries again, in ms from then, for
 * as long as the server stays down.
 */
function triesAfterLoss(
  topic: string,
  lose: (bench: Bench) => void,
  forMs: number,
  stepMs = 100,
): number[][] {
  const random = dice(7);
  return Array.from({ length: HERD }, () => {
    const bench = new Bench(random);
    bench.live().subscribe(topic, {});
    bench.server.pong(0);
    lose(bench);
    const tries: number[] = [];
    for (let passed = 0; passed < forMs; passed += stepMs) {
      const before = bench.server.connections.length;
      bench.timers.pass(stepMs);
      if (bench.server.connections.length === before) continue;
      tries.push(passed);
      bench.connection.close(1006); // it is still down
    }
    return tries;
  });
}

/** How many fall in each bucket of so many milliseconds. */
function histogram(moments: readonly number[], bucketMs: number, buckets: number): number[] {
  const counts = new Array<number>(buckets).fill(0);
  for (const moment of moments) {
    const bucket = Math.floor(moment / bucketMs);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}

const killed = (bench: Bench) => bench.connection.close(1006);

function first(tries: readonly number[][]): number[] {
  return tries.map(([earliest]) => earliest ?? Number.NaN);
}

describe("a herd of 2,000 that lost its server", () => {
  test("comes back spread evenly over ten seconds when it follows state", () => {
    const counts = histogram(first(triesAfterLoss(`public:${SHOW}`, killed, 10_000)), 1_000, 10);

    expect(counts.reduce((sum, count) => sum + count)).toBe(HERD);
    // 200 a second; by chance alone one second in a billion is outside of these.
    expect(Math.min(...counts)).toBeGreaterThan(120);
    expect(Math.max(...counts)).toBeLessThan(280);
  });

  test("comes back within three seconds, spread evenly, when it follows facts: a door cannot wait", () => {
    const counts = histogram(first(triesAfterLoss(`door:${SHOW}`, killed, 3_000, 50)), 300, 10);

    expect(counts.reduce((sum, count) => sum + count)).toBe(HERD);
    expect(Math.min(...counts)).toBeGreaterThan(120);
    expect(Math.max(...counts)).toBeLessThan(280);
  });

  test.each(["public", "door"])("never comes all at once while the server stays down (%s)", (audience) => {
    const tries = triesAfterLoss(`${audience}:${SHOW}`, killed, 60_000).flat();
    const counts = histogram(tries, 1_000, 60).slice(10);

    // Each tries every five seconds on average: 400 a second.
    expect(Math.min(...counts)).toBeGreaterThan(250);
    expect(Math.max(...counts)).toBeLessThan(550);
  });

  test("comes back when the server has told each of them to", () => {
    let asked = 0;
    const told = (bench: Bench) => {
      asked += 5;
      bench.connection.say({ t: "going_away", after_ms: asked });
      bench.connection.close(4000);
    };
    const counts = histogram(first(triesAfterLoss(`sales:${SHOW}`, told, 10_100)), 1_000, 10);

    expect(Math.min(...counts)).toBeGreaterThan(190);
    expect(Math.max(...counts)).toBeLessThan(210);
  });
});

test("a client whose own network went silent does not wait for a crowd that is not there", () => {
  const bench = new Bench(() => 0.999);
  bench.live().subscribe(`public:${SHOW}`, {});
  bench.server.pong(0);

  bench.timers.pass(4_000);

  expect(bench.server.connections).toHaveLength(2);
});
