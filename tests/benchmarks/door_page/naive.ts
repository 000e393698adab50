import { openJournal } from "../../../bouncer_client/src/adapters/journal.ts";
import { fromBase64 } from "../../../bouncer_client/src/core/bytes.ts";
import { parse, toHex } from "../../../ticketing/client/live_code.ts";
import { keptManifest, rowOf, timed } from "./parts.ts";

/**
 * The way that comes to mind first, with the same rules: the list as JSON, an object by the anchor's hex, and the
 * browser's own SHA-256, which has to be awaited for each link. Journal and words in the page are as ours.
 */
export interface Naive {
  readonly ms: number[];
  readonly load: number[];
  readonly chars: number;
  readonly isKept: boolean;
}

interface NaiveTicket {
  readonly status: string;
  readonly ticket_type: string;
  readonly entered_at: number | null;
  readonly door: string | null;
}

export async function naive(codes: readonly string[], rounds: number): Promise<Naive> {
  const manifest = keptManifest();
  const text = JSON.stringify(listOf(fromBase64(manifest.snapshot().anchors)));
  const load: number[] = [];
  let list: Record<string, NaiveTicket> = {};
  for (let round = 0; round < rounds; round++) list = timed(load, () => JSON.parse(text));
  const journal = await openJournal("bench-naive");
  const words = document.body.appendChild(document.createElement("p"));
  const ms: number[] = [];
  for (const code of codes) {
    const began = performance.now();
    const anchor = await walkedByWebCrypto(manifest.salt, code);
    const ticket = list[anchor];
    await journal.append(rowOf(code, anchor));
    words.textContent = ticket?.status === "active" ? "Welcome" : "No ticket";
    ms.push(performance.now() - began);
    if (words.textContent !== "Welcome") throw new Error("not on the naive list");
  }
  words.remove();
  return { ms, load, chars: text.length, isKept: isKept(text) };
}

function listOf(anchors: Uint8Array): Record<string, NaiveTicket> {
  const list: Record<string, NaiveTicket> = {};
  for (let i = 0; i < anchors.length; i += 16)
    list[toHex(anchors.subarray(i, i + 16))] = {
      status: "active",
      ticket_type: "General admission",
      entered_at: null,
      door: null,
    };
  return list;
}

async function walkedByWebCrypto(salt: Uint8Array, text: string): Promise<string> {
  const code = parse(text);
  if (code === null) throw new Error("not a code");
  const block = new Uint8Array(salt.length + 2 + 16);
  block.set(salt);
  let value = code.value;
  for (let i = code.step; i >= 1; i--) {
    block.set([i >> 8, i & 0xff], salt.length);
    block.set(value, salt.length + 2);
    value = new Uint8Array(await crypto.subtle.digest("SHA-256", block)).subarray(0, 16);
  }
  return toHex(value);
}

/** Whether localStorage takes that list, beside ours or in its place. */
function isKept(text: string): boolean {
  const ours = localStorage.getItem("ngn.door.manifest") ?? "";
  localStorage.removeItem("ngn.door.manifest");
  try {
    localStorage.setItem("bench.naive", text);
    return true;
  } catch {
    return false;
  } finally {
    localStorage.removeItem("bench.naive");
    localStorage.setItem("ngn.door.manifest", ours);
  }
}
