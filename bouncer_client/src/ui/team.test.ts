import { expect, test } from "vitest";
import type { DeviceHere } from "../../../realtime/client/protocol.gen.ts";
import { statusWords } from "./state_header.ts";
import { deviceWords } from "./team.ts";
import { nearbyWords } from "./words.ts";

const ZONE = "America/Los_Angeles";
const AT = Date.UTC(2026, 10, 23, 5, 4, 17);
const DEVICE: DeviceHere = {
  ...{ id: "d", name: "Door B", online: true, last_seen_at: AT },
  ...{ unsent: 0, battery: 0.834, scanning: true, seq: 1 },
};

test("a phone says whether it is here, that it owes nothing, and how long its battery lasts", () => {
  expect(deviceWords(DEVICE, ZONE)).toBe("here · all sent · battery 83%");
  expect(deviceWords({ ...DEVICE, unsent: 3, battery: null, scanning: false }, ZONE)).toBe(
    "here, not scanning",
  );
  expect(deviceWords({ ...DEVICE, online: false, unsent: null, battery: null }, ZONE)).toBe(
    "away since 21:04",
  );
  expect(
    deviceWords({ ...DEVICE, online: false, unsent: null, last_seen_at: null, battery: null }, ZONE),
  ).toBe("never here");
});

test("the connection is one of four words, and never says live when it is slow", () => {
  const words = (status: "live" | "connecting" | "offline", isSlow: boolean) =>
    statusWords({ status, isSlow, offlineSince: AT }, ZONE);

  expect([
    words("live", false),
    words("live", true),
    words("connecting", false),
    words("offline", false),
  ]).toEqual(["Live", "Slow", "Connecting", "Offline since 21:04"]);
  expect([1, 2].map(nearbyWords)).toEqual(["1 phone", "2 phones"]);
});
