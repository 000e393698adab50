import type { Verify } from "../core/certificate.ts";

/** The browser's own Ed25519: null where it has none (before Chrome 137, Safari 17, Firefox 129). */
export const verifyEd25519: Verify = async (key, signature, message) => {
  try {
    const publicKey = await crypto.subtle.importKey("raw", owned(key), "Ed25519", false, ["verify"]);
    return await crypto.subtle.verify("Ed25519", publicKey, owned(signature), owned(message));
  } catch {
    return null; // also outside of a secure context: there is no `subtle` then
  }
};

function owned(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array(bytes);
}
