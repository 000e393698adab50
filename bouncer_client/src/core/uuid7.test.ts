import { expect, test } from "vitest";
import { uuid7 } from "./uuid7.ts";

const SCAN_ID = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const secure = (bytes: Uint8Array<ArrayBuffer>) => crypto.getRandomValues(bytes);

test("has the form that the protocol asks for, with the time in front", () => {
  expect(uuid7(1_700_000_000_000, (bytes) => bytes.fill(0xff))).toBe("018bcfe5-6800-7fff-bfff-ffffffffffff");
  for (let i = 0; i < 200; i++) expect(uuid7(Date.now(), secure)).toMatch(SCAN_ID);
});

test("a later scan's id sorts after", () => {
  expect(uuid7(1_700_000_000_001, secure) > uuid7(1_700_000_000_000, secure)).toBe(true);
});
