/** Attaches private data to objects that we do not own. */
export interface SymbolProperty<Owner extends object, Value> {
  of(owner: Owner): Value | undefined;
  put(owner: Owner, value: Value): void;
  clear(owner: Owner): void;
}

/**
 * Replaces a WeakMap for objects that live as long as connections. A WeakMap has one entry for each connection, which
 * every garbage collection has to visit. A property under a private symbol is collected with its object.
 * @param description - names the data, for a developer who inspects the object in a debugger
 */
export function createSymbolProperty<Owner extends object, Value>(description: string): SymbolProperty<Owner, Value> {
  const key = Symbol(description);
  type Slotted = { [key]?: Value | undefined };
  return {
    of: (owner) => (owner as Slotted)[key],
    put(owner, value) {
      (owner as Slotted)[key] = value;
    },
    clear(owner) {
      (owner as Slotted)[key] = undefined;
    },
  };
}
