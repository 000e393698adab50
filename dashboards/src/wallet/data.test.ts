import { expect, test } from "vitest";
import { merged, type WalletTicket } from "./data.ts";

const ticket: WalletTicket = {
  id: "a",
  number: 1,
  type: "General",
  seed: "00",
  status: "active",
  redeemed_at: null,
  redeemed_door: "",
  certificate: "",
};

test("a ticket that was let in learns when and where, and keeps the rest", () => {
  const next = merged([ticket], [{ id: "a", status: "redeemed", redeemed_at: 5, redeemed_door: "Door A" }]);

  expect(next).toEqual([{ ...ticket, status: "redeemed", redeemed_at: 5, redeemed_door: "Door A" }]);
});

test("no news is no change", () => {
  expect(merged([ticket], [{ id: "a", status: "active", redeemed_at: null, redeemed_door: "" }])).toBeNull();
  expect(merged([ticket], [])).toBeNull();
});
