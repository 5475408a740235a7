/** Amounts: integers in a currency's smallest unit, as the API has them. */

/** How many decimals a currency has: 2 for the euro, none for the yen (ISO 4217). */
export function decimalsOf(currency: string): number {
  return (
    new Intl.NumberFormat("en", { style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2
  );
}

/** `1900` euro cents as `€ 19,00`. */
export function formatMoney(minor: number, currency: string, locale: string): string {
  return new Intl.NumberFormat(locale, { style: "currency", currency }).format(
    minor / 10 ** decimalsOf(currency),
  );
}

/** What was typed, in the smallest unit. */
export function toMinor(amount: number, currency: string): number {
  return Math.round(amount * 10 ** decimalsOf(currency));
}
