import { expect, test } from "vitest";
import { themeAfter, themeNamed } from "./theme.ts";

test("the button goes round: the machine's theme, light, dark, and the machine's again", () => {
  expect(themeAfter("system")).toBe("light");
  expect(themeAfter("light")).toBe("dark");
  expect(themeAfter("dark")).toBe("system");
});

test.each([undefined, "", "sepia"])("%j is the machine's own theme", (name) => {
  expect(themeNamed(name)).toBe("system");
});
