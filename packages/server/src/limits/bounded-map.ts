/** A Map that forgets the oldest entry when it is full: a bound on everything that clients can name keys for. */
export function createBoundedMap<Key, Value>(maxEntries: number): Map<Key, Value> {
  return new BoundedMap(maxEntries);
}

class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #maxEntries: number;

  constructor(maxEntries: number) {
    super();
    this.#maxEntries = maxEntries;
  }

  override set(key: Key, value: Value): this {
    if (!this.has(key) && this.size >= this.#maxEntries) {
      const [oldest] = this.keys();
      if (oldest !== undefined) this.delete(oldest);
    }
    return super.set(key, value);
  }
}
