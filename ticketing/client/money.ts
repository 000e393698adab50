/** How money is written: the same as `ticketing/money.py`, held together by `tests/vectors/money.json`. Pure. */

const DECIMALS: Readonly<Record<string, number>> = { USD: 2, EUR: 2, GBP: 2, CAD: 2, AUD: 2, JPY: 0 };
const SIGNS: Readonly<Record<string, string>> = {
  USD: "$",
  EUR: "€",
  GBP: "£",
  CAD: "CA$",
  AUD: "A$",
  JPY: "¥",
};

/** `2200, USD` as `$22.00`; `-500, JPY` as `-¥500`. `amount` is a whole number of minor units. */
export function display(amount: number, currency: string): string {
  const decimals = DECIMALS[currency];
  const sign = SIGNS[currency];
  if (decimals === undefined || sign === undefined)
    throw new RangeError(`${currency} is not a currency we sell in`);
  if (!Number.isSafeInteger(amount)) throw new RangeError(`${amount} is not a whole number of minor units`);
  const digits = String(Math.abs(amount)).padStart(decimals + 1, "0");
  const whole = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  const part = decimals === 0 ? "" : `.${digits.slice(-decimals)}`;
  return `${amount < 0 ? "-" : ""}${sign}${whole}${part}`;
}

/** A fee per ticket, as `ticketing/money.py` has it: minor units, basis points, within minimum and maximum. */
export interface FeePolicy {
  readonly fixed: number;
  readonly basis_points: number;
  readonly minimum: number;
  readonly maximum: number | null;
}

/** The fee on one ticket, in minor units, rounded once: half a unit goes up. A free ticket carries none. */
export function feeOf(policy: FeePolicy, price: number): number {
  if (price === 0) return 0;
  const share = Math.floor((price * policy.basis_points + 5_000) / 10_000);
  const fee = Math.max(policy.minimum, policy.fixed + share);
  return policy.maximum === null ? fee : Math.min(fee, policy.maximum);
}

/** What a person typed as an amount, in minor units; null for what could be read in two ways, or in none. */
export function typed(text: string, currency: string): number | null {
  const decimals = DECIMALS[currency];
  const sign = SIGNS[currency];
  if (decimals === undefined || sign === undefined)
    throw new RangeError(`${currency} is not a currency we sell in`);
  const bare = text.trim();
  const number = (bare.startsWith(sign) ? bare.slice(sign.length) : bare).trim();
  const read = /^(\d{1,9}|\d{1,3}(?:,\d{3}){1,2})(?:\.(\d+))?$/.exec(number);
  const [, whole = "", part = ""] = read ?? [];
  if (read === null || part.length > decimals) return null;
  return Number(whole.replaceAll(",", "")) * 10 ** decimals + Number(part.padEnd(decimals, "0") || "0");
}
