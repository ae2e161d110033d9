/** A Map that forgets the oldest entry when it is full: a bound on everything that clients can name keys for. */
export function createBoundedMap<Key, Value>(maxEntries: number): Map<Key, Value> {
  return new BoundedMap(maxEntries);
}

class BoundedMap<Key, Value> extends Map<Key, Value> {
  readonly #maxEntries: number;
  /** Goes on where it stopped: to begin anew, V8 would step over everything that has been deleted since it last tidied up. */
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
