/**
 * Characters that could end a log line, move a terminal's cursor or reverse the reading order: control characters (C0,
 * DEL, C1), line and paragraph separators, bidirectional controls (Unicode Standard Annex 9), and lone surrogates,
 * which have no UTF-8 encoding.
 */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}\p{Cs}]/u;

/**
 * Makes untrusted text safe for a log line or a page: escapes control characters, for example as `\u001b`, and cuts the
 * result at `maxLength` characters, with an ellipsis. Reads no more of the text than it keeps. Accepts any value, and
 * never throws: writing a log line must not end the process.
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
