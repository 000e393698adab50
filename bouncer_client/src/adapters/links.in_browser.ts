import { linkPromises } from "./links.acceptance.ts";
import { rtcLinks } from "./rtc.ts";

/** The links' acceptance suite on WebRTC: a browser test bundles this module and calls it in a real page. */
export async function keepsItsPromises(): Promise<Record<string, string>> {
  const outcomes: Record<string, string> = {};
  for (const [promise, check] of linkPromises) {
    const open = rtcLinks();
    outcomes[promise] =
      open === null
        ? "no WebRTC"
        : await check(open).then(
            () => "kept",
            (problem: unknown) => String(problem),
          );
  }
  return outcomes;
}
