/**
 * What could end a log line, move a terminal's cursor or reverse the reading order: control characters (C0, DEL, C1),
 * line and paragraph separators, bidirectional controls (Unicode Standard Annex 9), and halves of surrogate pairs,
 * which have no UTF-8.
 */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u;

/**
 * Makes text of unknown origin fit for a log line or a page: control characters as `\u001b`, at most `maxLength`
 * characters after that, an ellipsis where it was cut. Reads no more of the text than it keeps. Takes any value, and
 * never throws: a line of the log must not end the process that writes it.
 */
export function escapeControl(value: unknown, maxLength: number): string {
  const text = typeof value === "string" ? value : textOf(value);
  if (text.length <= maxLength && !unprintable.test(text)) return text;
  let escaped = "";
  let roomForEllipsis = "";
  for (const character of text) {
    escaped += unprintable.test(character) ? escapeOf(character) : character;
    if (escaped.length > maxLength) return `${roomForEllipsis}…`;
    if (escaped.length < maxLength) roomForEllipsis = escaped;
  }
  return escaped;
}

function textOf(value: unknown): string {
  try {
    return String(value);
  } catch {
    return `(${typeof value} without a text)`;
  }
}

const escapeOf = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
