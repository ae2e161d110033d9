/** Shortens a text to a number of code points, with an ellipsis in the last of them where something was cut. */
export function cutText(text: string, maxCodePoints: number): string {
  if (text.length <= maxCodePoints) return text;
  // A code point is one unit or two: no more of the text is read than can be kept.
  const points = Array.from(text.slice(0, 2 * maxCodePoints + 2));
  if (points.length <= maxCodePoints) return text;
  return `${points.slice(0, maxCodePoints - 1).join("")}…`;
}
