/** A place for something of ours on somebody else's objects. */
export interface SymbolProperty<Owner extends object, Value> {
  of(owner: Owner): Value | undefined;
  put(owner: Owner, value: Value): void;
  clear(owner: Owner): void;
}

/**
 * Does what a WeakMap does, for objects that live as connections do. A value in a WeakMap is one more thing that each
 * garbage collection has to look at for each connection; a property that nobody else can name goes with its object.
 * @param description - what is kept, for whoever looks at the object in a debugger
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
