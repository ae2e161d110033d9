/**
 * The beginning of a text, at most `maxCodePoints` long. Counts code points, so that no character is cut in half.
 * Replaces a lone surrogate that is already in the text with U+FFFD.
 */
export function cutText(text: string, maxCodePoints: number): string {
  // A text has at most as many code points as code units.
  if (text.length <= maxCodePoints) return text.toWellFormed();
  let end = 0;
  for (let count = 0; count < maxCodePoints && end < text.length; count += 1) {
    end += (text.codePointAt(end) as number) > 0xffff ? 2 : 1;
  }
  return text.slice(0, end).toWellFormed();
}
