import { expect, test } from "vitest";
import { pairingCodeIn } from "./pairing_code.ts";

const CODE = "q7J0v1mYpX3_sd-9ZkLw2A";

test.each([CODE, ` ${CODE}\n`, `https://example.org/door/#pair=${CODE}`, `#pair=${CODE}`])(
  "the code is found in %s",
  (text) => {
    expect(pairingCodeIn(text)).toBe(CODE);
  },
);

test.each(["", "short", "#pair=", "https://example.org/door/", `${CODE} x`, "ä".repeat(22), "1".repeat(65)])(
  "there is none in %s",
  (text) => {
    expect(pairingCodeIn(text)).toBeNull();
  },
);
