const LENGTH = 45;
const BETWEEN_DIGITS = /[\s-]/g;
/** A late-sale certificate, and a printed code, of which there are none: both are judged, and told as what they are. */
const OTHER_CODES = /^(20\d{203}|11\d{39})$/;

/** What a person has typed for a code: something to judge, or how many digits are missing (below 0: too many). */
export type TypedCode = { readonly text: string } | { readonly missing: number };

/**
 * A hand slips: digits that are no whole code are not judged, because a red "no ticket" for a typing mistake insults
 * a guest. Anything but digits comes from a hardware scanner, and is meant as it is.
 */
export function typedCode(raw: string): TypedCode {
  const digits = raw.replace(BETWEEN_DIGITS, "");
  if (!/^\d*$/.test(digits)) return { text: raw.trim() };
  if (OTHER_CODES.test(digits)) return { text: digits };
  return digits.length === LENGTH ? { text: digits } : { missing: LENGTH - digits.length };
}
