/** Characters that must not appear in a line, because a terminal or a reader of lines would misinterpret them. */
const unprintable = /[\p{Cc}\p{Zl}\p{Zp}\p{Bidi_Control}]/u;

/** Names lines of the log that are not one line of JSON each, or that contain a secret. */
export function lineProblems(lines: readonly string[], secrets: ReadonlySet<string>): string[] {
  return lines.flatMap((line) => [
    ...(isJsonLine(line) ? [] : [`A line of the log is not one line of JSON: ${JSON.stringify(line)}`]),
    ...[...secrets].filter((secret) => line.includes(secret)).map((secret) => `The log tells ${secret}: ${line}`),
  ]);
}

function isJsonLine(line: string): boolean {
  if (!line.endsWith("\n") || unprintable.test(line.slice(0, -1))) return false;
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "object" && parsed !== null;
  } catch {
    return false;
  }
}
