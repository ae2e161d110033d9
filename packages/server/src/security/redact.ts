/**
 * Characters that could end a log line, move a terminal's cursor or reverse the reading order: C0, DEL, C1, line and
 * paragraph separators, and the bidirectional controls (Unicode Standard Annex 9).
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: finding them is what this is for
const unprintable = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Makes text of unknown origin fit for a log line or a page: control characters as `\u001b`, at most `maxLength`
 * characters, an ellipsis where it was cut.
 */
export function escapeControl(text: string, maxLength: number): string {
  const cut = text.length > maxLength ? `${text.slice(0, maxLength - 1)}…` : text;
  return cut.replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
