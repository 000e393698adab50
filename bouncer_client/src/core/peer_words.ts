import type { Hint } from "./hints.ts";

/** What two phones of a door say to each other: over the gateway to find each other, then over a channel of their own. */
export type SignalWord =
  /** I have no channel with you: offer one. */
  { readonly t: "want" } | { readonly t: "offer" | "answer"; readonly session: string; readonly sdp: string };

export type ChannelWord = { readonly t: "beat" } | { readonly t: "hints"; readonly hints: readonly Hint[] };

/** The most that the gateway carries, and the most that is read of a channel's message; in characters. */
export const SIGNAL_CHARS = 8_192;
export const WORD_CHARS = 16_384;
/** Hints of one message: some 12 kB. */
export const HINTS_A_WORD = 48;
const SESSION_CHARS = 64;
const ID_CHARS = 64;
const DOOR_CHARS = 120;
const LATEST_AT = 8_640_000_000_000_000;

/** Null for whatever is not a word of ours. */
export function readSignal(text: string): SignalWord | null {
  const word = parsed(text, SIGNAL_CHARS);
  if (word?.["t"] === "want") return { t: "want" };
  const { t, session, sdp } = word ?? {};
  if ((t !== "offer" && t !== "answer") || !isText(session, SESSION_CHARS) || !isText(sdp, SIGNAL_CHARS))
    return null;
  return { t, session, sdp };
}

/** Null for whatever is not a word of ours; hints that are none are left out. */
export function readWord(text: string): ChannelWord | null {
  const word = parsed(text, WORD_CHARS);
  if (word?.["t"] === "beat") return { t: "beat" };
  if (word?.["t"] !== "hints" || !Array.isArray(word["hints"])) return null;
  return { t: "hints", hints: word["hints"].slice(0, HINTS_A_WORD).flatMap(readHint) };
}

/** These hints in as many messages as they need. */
export function wordsOf(hints: readonly Hint[]): string[] {
  const words: string[] = [];
  for (let i = 0; i < hints.length; i += HINTS_A_WORD)
    words.push(JSON.stringify({ t: "hints", hints: hints.slice(i, i + HINTS_A_WORD) } satisfies ChannelWord));
  return words;
}

function readHint(value: unknown): Hint[] {
  if (!isRecord(value) || !isRecord(value["entry"])) return [];
  const { anchor, scan_id, by, undone, entry } = value;
  const { at, door } = entry as Record<string, unknown>;
  if (typeof anchor !== "string" || !/^[0-9a-f]{32}$/.test(anchor)) return [];
  if (!isText(scan_id, ID_CHARS) || !isText(by, ID_CHARS) || !isText(door, DOOR_CHARS)) return [];
  if (typeof at !== "number" || !Number.isSafeInteger(at) || at < 0 || at > LATEST_AT) return [];
  const hint = { anchor, scan_id, by, entry: { at, door } };
  return [undone === true ? { ...hint, undone } : hint];
}

function parsed(text: string, most: number): Record<string, unknown> | null {
  if (text.length > most) return null;
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isText(value: unknown, most: number): value is string {
  return typeof value === "string" && value.length <= most;
}
