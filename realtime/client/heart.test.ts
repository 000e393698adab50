import { expect, test } from "vitest";
import { Heart } from "./heart.ts";

function beating(): Heart {
  const heart = new Heart();
  heart.opening(0);
  heart.heard(10);
  heart.pinged(100);
  return heart;
}

test("how slow the server is, is what its last answer took", () => {
  const heart = beating();
  heart.heard(140);

  expect(heart.lag(1_000)).toBe(40);
});

test("an answer that does not come is slow before it is given up", () => {
  const heart = beating();
  heart.heard(140);
  heart.pinged(2_000);

  expect(heart.lag(2_030)).toBe(40);
  expect(heart.lag(3_500)).toBe(1_500);
});

test("what comes unasked says nothing of how slow an answer is", () => {
  const heart = beating();
  heart.heard(140);
  heart.heard(1_500);

  expect(heart.lag(1_600)).toBe(40);
});
