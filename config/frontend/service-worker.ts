import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { build, type Plugin, type Rolldown } from "vite";

type Output = Rolldown.OutputBundle;

interface Options {
  /** The worker's TypeScript, from the project's root. */
  readonly source: string;
  /** Its file name in the output: never hashed, a browser must find the new one under the old name. */
  readonly output: string;
  readonly base: string;
}

/** Builds the service worker after everything else, because it must know the name of every file it is to keep. */
export function serviceWorker({ source, output, base }: Options): Plugin {
  return {
    name: "ngn-service-worker",
    apply: "build",
    async writeBundle({ dir }, bundle) {
      if (!existsSync(source) || dir === undefined) return;
      const files = neededBy(entriesBeside(source, bundle), bundle);
      await build({
        configFile: false,
        publicDir: false,
        logLevel: "warn",
        define: {
          __PRECACHE__: JSON.stringify({
            version: versionOf(files, bundle),
            urls: files.map((file) => base + file),
          }),
        },
        build: {
          outDir: dir,
          emptyOutDir: false,
          target: "es2023",
          rolldownOptions: {
            input: resolve(source),
            output: { format: "iife", entryFileNames: output },
          },
        },
      });
    },
  };
}

/** The entries of the front end that the worker belongs to: those in its own folder. */
function entriesBeside(source: string, bundle: Output): string[] {
  const folder = resolve(source, "..");
  return chunks(bundle)
    .filter((chunk) => chunk.isEntry && chunk.facadeModuleId?.startsWith(folder))
    .map((chunk) => chunk.fileName);
}

/** Everything that the entries load, and every asset (a worker, a font) that no other front end's entry loads. */
function neededBy(entries: readonly string[], bundle: Output): string[] {
  const ours = reached(entries, bundle);
  const others = chunks(bundle).filter((chunk) => chunk.isEntry && !ours.has(chunk.fileName));
  const theirs = reached(
    others.map((chunk) => chunk.fileName),
    bundle,
  );
  return Object.keys(bundle)
    .filter((file) => !file.startsWith(".vite/") && !file.endsWith(".map"))
    .filter((file) => ours.has(file) || !theirs.has(file))
    .sort();
}

function reached(start: readonly string[], bundle: Output): Set<string> {
  const seen = new Set<string>();
  const waiting = [...start];
  for (let file = waiting.pop(); file !== undefined; file = waiting.pop()) {
    if (seen.has(file)) continue;
    seen.add(file);
    const item = bundle[file];
    if (item?.type === "chunk") waiting.push(...linksOf(item));
  }
  return seen;
}

function linksOf(chunk: Rolldown.OutputChunk): string[] {
  const { importedCss = [], importedAssets = [] } = chunk.viteMetadata ?? {};
  return [...chunk.imports, ...chunk.dynamicImports, ...importedCss, ...importedAssets];
}

/** A hash of names and contents: an unhashed file that changes gives a new cache too. */
function versionOf(files: readonly string[], bundle: Output): string {
  const digest = createHash("sha256");
  for (const file of files) {
    const item = bundle[file];
    digest.update(file).update(item?.type === "chunk" ? item.code : (item?.source ?? ""));
  }
  return digest.digest("hex").slice(0, 16);
}

function chunks(bundle: Output): Rolldown.OutputChunk[] {
  return Object.values(bundle).filter((item) => item.type === "chunk");
}
