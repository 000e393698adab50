/** Order IDs: the same rules as `ticketing/order_id.py`, held together by `tests/vectors/order_id.json`. Pure. */

export const ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const CHECK_ALPHABET = `${ALPHABET}*~$=U`;
const LENGTH = 10;

/**
 * What a person typed, as the stored form (eleven characters, no dashes); null when it cannot be an Order ID.
 * Case, spaces and dashes do not matter; O is read as 0, I and L as 1.
 */
export function parse(text: string): string | null {
  const typed = text.toUpperCase().replace(/[- ]/g, "").replace(/O/g, "0").replace(/[IL]/g, "1");
  if (!/^[0-9A-HJKMNP-TV-Z]{10}.$/u.test(typed)) return null;
  let number = 0n;
  for (const character of typed.slice(0, LENGTH)) number = number * 32n + BigInt(ALPHABET.indexOf(character));
  return CHECK_ALPHABET[Number(number % 37n)] === typed[LENGTH] ? typed : null;
}

/** The form that people see: `7Q4M2-XK9TD-3`. */
export function display(orderId: string): string {
  return `${orderId.slice(0, 5)}-${orderId.slice(5, 10)}-${orderId.slice(10)}`;
}
