import { test } from "vitest";
import { linkPromises } from "./links.acceptance.ts";
import { MemoryAir } from "./memory_links.ts";

test.each(linkPromises)("%s", async (_name, promise) => {
  await promise(new MemoryAir().links);
});
