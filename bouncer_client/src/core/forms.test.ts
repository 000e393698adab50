import { expect, test } from "vitest";
import { oddForm } from "./forms.ts";
import { STARTS_AT, ticket } from "./testing.ts";

const LIVE = ticket("fan").codeAt(STARTS_AT + 3_000_000);

test.each([
  ["a live code without its last digit", LIVE.slice(0, -1), "damaged"],
  ["a live code with one digit too many", `${LIVE}1`, "damaged"],
  ["a live code with a hole", `${LIVE.slice(0, 20)}\ufffd${LIVE.slice(21)}`, "damaged"],
  ["a step that no window has", `100000${"0".repeat(39)}`, "damaged"],
  ["half a certificate", `20${"1".repeat(150)}`, "damaged"],
  ["a printed code", `11${"0".repeat(39)}`, "printed"],
])("%s is %s by its form", (_name, text, form) => {
  expect(oddForm(text)).toEqual({ t: "odd", form });
});

test.each(["https://example.org/", "4006381333931", "1012345", "WIFI:S:bar;;", "", "????"])(
  "%s was never one of ours",
  (text) => {
    expect(oddForm(text)).toBeNull();
  },
);
