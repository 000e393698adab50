import { fromHex, toHex } from "../../../ticketing/client/live_code.ts";

/**
 * The late-sale certificate: the same rules as `ticketing/late_sale.py`, held together by
 * `tests/vectors/late_sale.json`. By itself it opens nothing: it puts one ticket onto this phone's list.
 */

const FORM = /^20([0-9]{203})$/;
const [ANCHOR, SECONDS, SIGNATURE] = [16, 4, 64];
const NUMBERS = 1n << BigInt(8 * (ANCHOR + SECONDS + SIGNATURE));
const BEFORE = new TextEncoder().encode("ngn/v1|late-sale|");
/** A sale as young as this may not have been told yet when the list was last known to be true. */
const ON_THE_WAY_MS = 300_000;

/** What a certificate says: this anchor (hex) was sold, at `soldAt` (UTC milliseconds). Not to be believed unverified. */
export interface Certificate {
  readonly anchor: string;
  readonly soldAt: number;
  readonly told: Uint8Array;
  readonly signature: Uint8Array;
}

/** Ed25519, as the browser has it: null when it has none. */
export type Verify = (key: Uint8Array, signature: Uint8Array, message: Uint8Array) => Promise<boolean | null>;

/** What became of a certificate: the ticket is on this phone's list now, or why it is not. */
export type Certified =
  | { readonly t: "certified"; readonly anchor: string; readonly sold_at: number }
  | {
      readonly t: "not_certified";
      readonly why: "signature" | "too_old" | "listed" | "cannot_check";
    };

/** Read a certificate's digits; null for any other text. */
export function parseCertificate(text: string): Certificate | null {
  const match = text.length === 205 ? FORM.exec(text) : null;
  const number = BigInt(match?.[1] ?? NUMBERS);
  if (number >= NUMBERS) return null;
  const raw = fromHex(number.toString(16).padStart(2 * (ANCHOR + SECONDS + SIGNATURE), "0"));
  const told = raw.slice(0, ANCHOR + SECONDS);
  return {
    anchor: toHex(told.slice(0, ANCHOR)),
    soldAt: new DataView(told.buffer).getUint32(ANCHOR) * 1000,
    told,
    signature: raw.slice(ANCHOR + SECONDS),
  };
}

export interface Circumstances {
  readonly eventId: string;
  readonly publicKey: Uint8Array;
  /** Whether the list has this ticket. */
  readonly isListed: boolean;
  /** When the list was last known to be the server's truth, UTC milliseconds. */
  readonly listAsOf: number;
}

/** Is this certificate of this show, and news? Whose list is younger than the sale would have the ticket. */
export async function certify(
  { anchor, soldAt, told, signature }: Certificate,
  { eventId, publicKey, isListed, listAsOf }: Circumstances,
  verify: Verify,
): Promise<Certified> {
  const isSigned = await verify(publicKey, signature, signedOf(eventId, told));
  if (isSigned === null) return { t: "not_certified", why: "cannot_check" };
  if (!isSigned) return { t: "not_certified", why: "signature" };
  if (isListed) return { t: "not_certified", why: "listed" };
  if (soldAt + ON_THE_WAY_MS < listAsOf) return { t: "not_certified", why: "too_old" };
  return { t: "certified", anchor, sold_at: soldAt };
}

function signedOf(eventId: string, told: Uint8Array): Uint8Array {
  return Uint8Array.from([...BEFORE, ...fromHex(eventId.replaceAll("-", "")), ...told]);
}
