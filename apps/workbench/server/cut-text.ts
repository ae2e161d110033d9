/**
 * Shortens a text to a number of characters; a shortened text ends with an ellipsis. Counts UTF-16 units, as the limits
 * of notices and tasks do, and never splits a code point: half an emoji is not valid text.
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
