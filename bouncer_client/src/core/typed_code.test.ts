import { expect, test } from "vitest";
import { typedCode } from "./typed_code.ts";

const CODE = "1".repeat(45);

test("45 digits are a code, however they are grouped", () => {
  expect(typedCode(CODE)).toEqual({ text: CODE });
  expect(typedCode(` ${CODE.replace(/(\d{5})/g, "$1 ")}\n`)).toEqual({ text: CODE });
  expect(typedCode(CODE.replace(/(\d{5})/g, "$1-"))).toEqual({ text: CODE });
});

test.each([
  ["", 45],
  ["10", 43],
  ["1".repeat(44), 1],
  ["1".repeat(46), -1],
])("digits that are no whole code are never judged: %s", (typed, missing) => {
  expect(typedCode(typed)).toEqual({ missing });
});

test("what a hardware scanner types is meant as it is", () => {
  expect(typedCode(" https://example.org/a b ")).toEqual({ text: "https://example.org/a b" });
});

test("a late-sale certificate and a printed code are whole codes, too", () => {
  const certificate = `20${"1".repeat(203)}`;
  const printed = `11${"1".repeat(39)}`;

  expect(typedCode(` ${certificate} `)).toEqual({ text: certificate });
  expect(typedCode(printed)).toEqual({ text: printed });
  expect(typedCode(certificate.slice(1))).toEqual({ missing: 45 - 204 });
});
