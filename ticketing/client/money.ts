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
