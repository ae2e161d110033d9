import { seededRandom } from "../../bench/seeded-random.ts";

/** Choices that a seed and a number determine: the same two, the same choices, in whatever order cases are made. */
export interface Dice {
  /** A whole number from 0 up to, and without, `limit`. */
  below(limit: number): number;
  pick<Item>(from: readonly Item[]): Item;
  /** True with this probability. */
  chance(probability: number): boolean;
}

export function createDice(seed: number, number: number): Dice {
  // Odd factors spread neighbouring numbers, of which a generator this small would make neighbouring streams.
  const next = seededRandom(Math.imul(seed + 1, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b));
  const below = (limit: number): number => Math.floor(next() * limit);
  return {
    below,
    pick<Item>(from: readonly Item[]): Item {
      if (from.length === 0) throw new RangeError("There is nothing to choose from.");
      return from[below(from.length)] as Item;
    },
    chance: (probability) => next() < probability,
  };
}
