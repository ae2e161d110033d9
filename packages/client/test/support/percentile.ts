/** The smallest value that at least `share` of all values do not exceed (nearest rank); 0 of nothing. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

/** How many values fall into each step of `width`, from 0 on. */
export function histogram(values: readonly number[], width: number): number[] {
  const counts: number[] = [];
  for (const value of values) {
    const bucket = Math.max(0, Math.floor(value / width));
    while (counts.length <= bucket) counts.push(0);
    counts[bucket] = (counts[bucket] ?? 0) + 1;
  }
  return counts;
}
