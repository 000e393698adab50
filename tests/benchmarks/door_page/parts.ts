import encodeQR from "qr";
import { decode, type Picture } from "../../../bouncer_client/src/adapters/decode.ts";
import { openJournal } from "../../../bouncer_client/src/adapters/journal.ts";
import { Keeper } from "../../../bouncer_client/src/adapters/keeper.ts";
import type { NewRow } from "../../../bouncer_client/src/core/journal.ts";
import type { Manifest } from "../../../bouncer_client/src/core/manifest.ts";
import { anchorOf, parse, toHex } from "../../../ticketing/client/live_code.ts";

/** What a scan is made of, each part by itself, in milliseconds. */
export interface Parts {
  readonly walk: number[];
  readonly lookup: number[];
  readonly journal: number[];
}

/** The list that the phone keeps: the product's own, read as the product reads it. */
export function keptManifest(): Manifest {
  const kept = new Keeper(localStorage).manifest();
  if (kept === null) throw new Error("this phone keeps no list");
  return kept.manifest;
}

export async function parts(codes: readonly string[]): Promise<Parts> {
  const manifest = keptManifest();
  const journal = await openJournal("bench-parts");
  const took: Parts = { walk: [], lookup: [], journal: [] };
  for (const text of codes) {
    const anchor = timed(took.walk, () => walked(manifest, text));
    if (timed(took.lookup, () => manifest.standing(anchor)) === null) throw new Error("not on the list");
    const began = performance.now();
    await journal.append(rowOf(text, toHex(anchor)));
    took.journal.push(performance.now() - began);
  }
  return took;
}

/** Reading the list at the start of the app, and writing it down, so many times. */
export function keeping(rounds: number) {
  const keeper = new Keeper(localStorage);
  const took = { load: [] as number[], save: [] as number[] };
  for (let round = 0; round < rounds; round++) {
    const kept = timed(took.load, () => keeper.manifest());
    if (kept === null) throw new Error("this phone keeps no list");
    if (!timed(took.save, () => keeper.saveManifest(kept))) throw new Error("no room for the list");
  }
  return { ...took, chars: localStorage.getItem("ngn.door.manifest")?.length ?? 0 };
}

/** The camera's part: a picture of each code, as large as the region that the camera looks at. */
export function decoding(codes: readonly string[]): number[] {
  const took: number[] = [];
  for (const code of codes) {
    const picture = pictureOf(code);
    if (timed(took, () => decode(picture)) !== code) throw new Error("read something else");
  }
  return took;
}

function walked(manifest: Manifest, text: string): Uint8Array {
  const code = parse(text);
  if (code === null) throw new Error("not a code");
  return anchorOf(manifest.salt, code);
}

export function timed<T>(took: number[], work: () => T): T {
  const began = performance.now();
  const outcome = work();
  took.push(performance.now() - began);
  return outcome;
}

export function rowOf(code: string, anchor: string): NewRow {
  return {
    scan_id: crypto.randomUUID(),
    device: "bench",
    code,
    anchor,
    scanned_at: Date.now(),
    clock_offset_ms: 0,
    decision: "admitted_offline",
    verdict: null,
    outcome: null,
    acknowledged: null,
  };
}

const SIDE = 640;

function pictureOf(code: string): Picture {
  const modules = encodeQR(code, "raw", { ecc: "quartile", border: 4 });
  const paper = new OffscreenCanvas(SIDE, SIDE).getContext("2d");
  if (paper === null) throw new Error("no canvas here");
  const side = SIDE / modules.length;
  paper.fillStyle = "white";
  paper.fillRect(0, 0, SIDE, SIDE);
  paper.fillStyle = "black";
  modules.forEach((row, y) => {
    row.forEach((isDark, x) => {
      if (isDark) paper.fillRect(x * side, y * side, side, side);
    });
  });
  return paper.getImageData(0, 0, SIDE, SIDE);
}
