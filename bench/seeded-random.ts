/** The same numbers for the same seed, 0 inclusive to 1 exclusive: each round and each peer is given the same choices. */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  // Mulberry32 (Tommy Ettinger, public domain).
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
