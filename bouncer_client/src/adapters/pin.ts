import type { PinCheck } from "../../../realtime/client/protocol.gen.ts";
import { fromBase64, toBase64 } from "../core/bytes.ts";

/** Whether these digits are the supervisor's PIN: PBKDF2 with SHA-256, as `ticketing/door_policy.py` made the check. */
export async function isSupervisorsPin(pin: string, { salt, rounds, hash }: PinCheck): Promise<boolean> {
  const typed = new TextEncoder().encode(pin);
  const key = await crypto.subtle.importKey("raw", typed, "PBKDF2", false, ["deriveBits"]);
  const how = { name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(fromBase64(salt)), iterations: rounds };
  return toBase64(new Uint8Array(await crypto.subtle.deriveBits(how, key, 256))) === hash;
}
