import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";

/**
 * Every page's entry module, by the name that the page asks for it: `dashboards/src/entries/venue.ts` is "venue".
 * Two folders may not hold the same name: the page could not say which one it means.
 */
export function entries(folders: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  for (const folder of folders.filter((name) => existsSync(name))) {
    for (const file of readdirSync(folder).filter(isEntry)) {
      const name = basename(file, ".ts");
      if (name in found)
        throw new Error(`two entries are called ${name}: ${found[name]} and ${join(folder, file)}`);
      found[name] = join(folder, file);
    }
  }
  return found;
}

function isEntry(file: string): boolean {
  return file.endsWith(".ts") && !file.endsWith(".test.ts") && !file.endsWith(".d.ts");
}
