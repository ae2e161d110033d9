const bucketMs = 0.05;
const buckets = 1_200_000;

/** Times in milliseconds, counted in buckets of 0.05 ms up to a minute: a million values cost no memory of their own. */
export class Histogram {
  readonly #counts = new Uint32Array(buckets);
  #count = 0;

  add(ms: number): void {
    const bucket = Math.min(buckets - 1, Math.max(0, Math.floor(ms / bucketMs)));
    this.#counts[bucket] = (this.#counts[bucket] as number) + 1;
    this.#count += 1;
  }

  /** @returns the upper edge of the bucket in which the quantile lies; NaN when nothing was counted */
  quantile(share: number): number {
    let left = Math.ceil(this.#count * share);
    if (left === 0) return Number.NaN;
    for (let bucket = 0; bucket < buckets; bucket += 1) {
      left -= this.#counts[bucket] as number;
      if (left <= 0) return (bucket + 1) * bucketMs;
    }
    return Number.NaN;
  }
}
