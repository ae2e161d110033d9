/** A Map that drops the oldest entry when it is full. It bounds every map whose keys clients can choose. */
export function createBoundedMap<Key, Value>(maxEntries: number): Map<Key, Value> {
  return new BoundedMap(maxEntries);
}

class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #maxEntries: number;
  /** Continues where it stopped. A new iterator would make V8 step over every entry deleted since its last rehash. */
  readonly #eldest = this.keys();

  constructor(maxEntries: number) {
    super();
    this.#maxEntries = maxEntries;
  }

  override set(key: Key, value: Value): this {
    if (!this.has(key) && this.size >= this.#maxEntries) this.delete(this.#eldest.next().value as Key);
    return super.set(key, value);
  }
}
