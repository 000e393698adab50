import { expect, test } from "vitest";
import type { DoubleScan } from "../../../realtime/client/protocol.gen.ts";
import { twiceInWords } from "./alarm.ts";

const AT = Date.UTC(2026, 10, 23, 5, 4, 17);
const SCAN: DoubleScan = {
  t: "double_scan",
  first_at: AT,
  first_door: "Door B",
  second_at: AT + 60_000,
  second_door: "Door A",
  admitted: true,
};

test("both doors and both times are named, the earlier one first, whichever came to light first", () => {
  const swapped = {
    ...SCAN,
    ...{ first_at: SCAN.second_at, first_door: "Door A", second_at: AT, second_door: "Door B" },
  };

  const words = twiceInWords(SCAN, "America/Los_Angeles");

  expect(words).toContain("at Door B, then");
  expect(words).toMatch(/First 21:04(:17)? at Door B, then 21:05(:17)? at Door A\./);
  expect(twiceInWords(swapped, "America/Los_Angeles")).toBe(words);
});
