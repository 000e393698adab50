import { expect, test } from "vitest";
import vectors from "../../../tests/vectors/live_code.json";
import { fromHex } from "../../../ticketing/client/live_code.ts";
import { Reader } from "./reading.ts";

const [chain] = vectors.chains;
if (chain === undefined) throw new Error("no chain");
const reader = new Reader(fromHex(chain.salt));

test("every code of one ticket has the same key: its anchor", () => {
  const keys = chain.codes.map(({ code }) => reader.read(code).key);

  expect(new Set(keys)).toEqual(new Set([chain.anchor]));
});

test("the same text is walked once", () => {
  const [first] = chain.codes;

  expect(reader.read(first?.code ?? "")).toBe(reader.read(first?.code ?? ""));
});

test("other text is kept as it is", () => {
  expect(reader.read("https://example.org/")).toEqual({
    text: "https://example.org/",
    code: null,
    anchor: null,
    key: "text:https://example.org/",
  });
});

test.each([
  ["a very long text", "x".repeat(3_000)],
  ["a very long text of emoji", "🥂".repeat(3_000)],
  ["half a character", `a\ud83e`],
])("%s is made fit for the protocol", (_name, raw) => {
  const { text } = reader.read(raw);

  expect([...text].length).toBeLessThanOrEqual(512);
  expect(text).not.toMatch(/\p{Surrogate}/u);
});

test("a crowd of texts does not fill the memory, nor change what is read", () => {
  for (let i = 0; i < 1_000; i++) reader.read(`junk ${i}`);

  expect(reader.read("junk 0").text).toBe("junk 0");
});
