import { journalPromises } from "./journal.acceptance.ts";
import { openJournal } from "./journal.ts";

/** The journal's acceptance suite on IndexedDB: a browser test bundles this module and calls it in a real page. */
export async function keepsItsPromises(): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const [n, [promise, check]] of journalPromises.entries())
    outcomes[promise] = await check(() => openJournal(`acceptance-${n}`)).then(
      () => "kept",
      (problem: unknown) => String(problem),
    );
  return outcomes;
}
