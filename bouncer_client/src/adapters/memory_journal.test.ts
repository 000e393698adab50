import { test } from "vitest";
import { journalPromises } from "./journal.acceptance.ts";
import { MemoryJournal } from "./memory_journal.ts";

test.each(journalPromises)("%s", async (_name, promise) => {
  const journal = new MemoryJournal();

  await promise(async () => journal);
});
