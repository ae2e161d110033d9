import type { SecurityEvent, SecurityEventType } from "@signalbox/protocol";

/** How an event must appear in the security log: its exact count, in one line unless more are allowed. */
type Count = number | { readonly count: number; readonly maxLines: number };

/**
 * What a case must leave in the security log, and nothing else: one line of a type, whatever its count; types with
 * their exact counts; or nothing.
 */
export type Records = SecurityEventType | "nothing" | Partial<Record<SecurityEventType, Count>>;

/** Compares the security log, after the last line was closed, with the declaration of the case. */
export function recordProblems(rows: readonly SecurityEvent[], records: Records): string[] {
  const declared = typeof records === "object" ? records : {};
  const types = new Set<string>([...Object.keys(declared), ...rows.map(({ type }) => type)]);
  if (typeof records === "string" && records !== "nothing") types.add(records);

  return [...types].flatMap((type) => {
    const lines = rows.filter((row) => row.type === type);
    const total = lines.reduce((sum, { count }) => sum + count, 0);
    const expected = declared[type as SecurityEventType];
    const [maxLines, count] =
      expected === undefined
        ? [type === records ? 1 : 0, total]
        : typeof expected === "number"
          ? [Math.min(expected, 1), expected]
          : [expected.maxLines, expected.count];
    const details = lines.map(({ detail, count }) => `${count} × ${detail}`).join("; ");
    if (lines.length > maxLines) {
      return [`The security log has ${lines.length} lines of ${type} instead of ${maxLines}: ${details}`];
    }
    if (type === records && lines.length === 0) return [`The security log has no line of ${type}.`];
    return total === count ? [] : [`The security log counts ${total} of ${type} instead of ${count}: ${details}`];
  });
}
