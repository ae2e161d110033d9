/** Three significant digits unless told otherwise, thousands apart: what lies beyond differs between rounds. */
export const formatNumber = (value: number, digits = 3): string =>
  value.toLocaleString("en", { maximumSignificantDigits: digits });

const maxDigits = 15;

/** With as many digits as it takes to see on which side of a limit the value lies: 99.996 is not 100. */
export function formatBeside(value: number, limit: number): string {
  const side = Math.sign(value - limit);
  let digits = 3;
  while (digits < maxDigits && Math.sign(Number(value.toPrecision(digits)) - limit) !== side) digits += 1;
  return formatNumber(value, digits);
}
