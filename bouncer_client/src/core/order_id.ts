import { sha256 } from "@noble/hashes/sha2.js";
import { toHex } from "../../../ticketing/client/live_code.ts";

/**
 * Order IDs as people say them: ten Crockford base32 characters and a check character. The same rules as
 * `ticketing/order_id.py`, held together by `tests/vectors/order_id.json`. Pure.
 */

export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECK_ALPHABET = `${ALPHABET}*~$=U`;
const LENGTH = 10;
const HASH_BYTES = 8;
const READ_AS: Readonly<Record<string, string>> = { O: "0", I: "1", L: "1" };

/** What has been typed so far: an Order ID, or what is wrong with it. */
export type TypedOrder =
  | { readonly t: "order"; readonly id: string }
  /** So many characters are missing; below 0, too many. */
  | { readonly t: "missing"; readonly count: number }
  /** A character that no Order ID has. */
  | { readonly t: "foreign"; readonly character: string }
  /** Whole, but the check character tells a slip. */
  | { readonly t: "slip" };

export function typedOrder(text: string): TypedOrder {
  const typed = [...spelled(text)];
  const foreign = typed.slice(0, LENGTH).find((character) => !ALPHABET.includes(character));
  if (foreign !== undefined) return { t: "foreign", character: foreign };
  const missing = LENGTH + 1 - typed.length;
  if (missing !== 0) return { t: "missing", count: missing };
  return checkOf(typed) === typed[LENGTH] ? { t: "order", id: typed.join("") } : { t: "slip" };
}

/** The form that people see: `7Q4M2-XK9TD-3`; also of what is only begun. */
export function display(orderId: string): string {
  return [orderId.slice(0, 5), orderId.slice(5, 10), orderId.slice(10)].filter(Boolean).join("-");
}

/** What a person typed, or began to type, in the letters that Order IDs are stored in. */
export function spelled(text: string): string {
  return text
    .toUpperCase()
    .replace(/[- ]/g, "")
    .replace(/[OIL]/g, (letter) => READ_AS[letter] ?? letter);
}

/** How a door knows an order without knowing any Order ID: 16 hex digits. */
export function hashOf(eventId: string, orderId: string): string {
  const told = new TextEncoder().encode(`ngn/v1|order|${eventId}|${orderId}`);
  return toHex(sha256(told).slice(0, HASH_BYTES));
}

function checkOf(typed: readonly string[]): string | undefined {
  const number = typed.slice(0, LENGTH).reduce((sum, character) => sum * 32 + ALPHABET.indexOf(character), 0);
  return CHECK_ALPHABET[number % 37]; // 50 bits: below what a number holds exactly
}
