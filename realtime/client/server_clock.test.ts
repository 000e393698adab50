import { expect, test } from "vitest";
import { ServerClock } from "./server_clock.ts";

test("the offset is the server's time against the middle of the round trip", () => {
  const clock = new ServerClock();

  clock.learn(5_050, 0, 100);

  expect(clock.offset).toBe(5_000);
});

test("the shortest round trip wins", () => {
  const clock = new ServerClock();

  clock.learn(5_000 + 400, 0, 400); // 200 ms out, and may be
  clock.learn(5_000 + 10_005, 10_000, 10_010);
  clock.learn(5_000 + 20_300, 20_000, 20_400);

  expect(clock.offset).toBe(5_000);
});

test("when somebody sets the device's clock, what was learnt before is forgotten", () => {
  const clock = new ServerClock();
  clock.learn(1_005, 1_000, 1_010);

  clock.learn(62_000, 2_000, 2_400);

  expect(clock.offset).toBe(59_800);
});

test("an unasked message gives a first guess, which any round trip beats", () => {
  const clock = new ServerClock();

  clock.guess(9_000, 1_000);
  expect(clock.offset).toBe(8_000);

  clock.learn(9_600, 1_500, 1_600);
  clock.guess(0, 0);
  expect(clock.offset).toBe(8_050);
});

test("an offset known from an earlier visit holds until the server is heard", () => {
  expect(new ServerClock(-240_000).offset).toBe(-240_000);
});
