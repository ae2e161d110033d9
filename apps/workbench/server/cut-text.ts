/**
 * Shortens a text to a number of characters, with an ellipsis as the last where something was cut. Counts UTF-16 units,
 * as the limits of notices and tasks do, and divides no code point: half an emoji is no text.
 */
export function cutText(text: string, maxLength: number): string {
  if (text.length <= maxLength) return text;
  let kept = "";
  for (const character of text) {
    if (kept.length + character.length > maxLength - 1) break;
    kept += character;
  }
  return `${kept}…`;
}
