/** What a text that is no code of this show looks like, by its form alone. */
export interface Odd {
  readonly t: "odd";
  /** `damaged`: one of ours, but not whole. `printed`: a code on paper, which no ticket of ours has. */
  readonly form: "damaged" | "printed";
}

const PRINTED = /^11[0-9]{39}$/;
const LIKE_LIVE = /^1[01][0-9]{18,58}$/;
const LIKE_CERTIFICATE = /^20[0-9]{98,298}$/;
/** What a reader puts where it could not read. */
const UNREAD = /^[0-9?*\ufffd]{20,}$/;

/** Why this text is no good, where its form tells; null for a whole code, and for what was never one of ours. */
export function oddForm(text: string): Odd | null {
  const digits = text.replace(/[\s-]/g, "");
  if (PRINTED.test(digits)) return { t: "odd", form: "printed" };
  const isLikeOurs = LIKE_LIVE.test(digits) || LIKE_CERTIFICATE.test(digits);
  const isHalfRead = UNREAD.test(digits) && /[^0-9]/.test(digits);
  return isLikeOurs || isHalfRead ? { t: "odd", form: "damaged" } : null;
}
