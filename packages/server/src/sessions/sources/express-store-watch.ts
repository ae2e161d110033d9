/**
 * The part of a store of express-session or @fastify/session that Signalbox uses. The type of a session is inferred
 * from `set` alone: some stores declare the sessions that they return as any.
 */
export interface SessionStore<Data> {
  get(sid: string, callback: (error: unknown, session?: NoInfer<Data> | null) => void): unknown;
  set(sid: string, session: Data, callback?: (error?: unknown) => void): unknown;
  destroy(sid: string, callback?: (error?: unknown) => void): unknown;
  /** A store with `touch` keeps the end of a session separately from the session itself. */
  touch?(sid: string, session: NoInfer<Data>, callback?: (error?: unknown) => void): unknown;
  clear?(callback?: (error?: unknown) => void): unknown;
}

/** Callbacks for changes of a store, each called after the change. */
export interface StoreEvents<Data> {
  destroyed(sid: string): void;
  saved(sid: string, session: Data): void;
  /** The end of a session was moved. */
  touched(sid: string, session: Data): void;
  cleared(): void;
}

/** A method of a store: its last argument is the callback, which may be left out. */
type StoreMethod = (...args: unknown[]) => unknown;

/** Observes changes of a store through this object; the returned function stops observing. */
export function observeStore<Data>(store: SessionStore<Data>, events: StoreEvents<Data>): () => void {
  // `regenerate` consists of `destroy` and a later `set`.
  const restores = [
    after(store, "destroy", (sid) => events.destroyed(sid as string)),
    after(store, "set", (sid, session) => events.saved(sid as string, session as Data)),
    after(store, "touch", (sid, session) => events.touched(sid as string, session as Data)),
    after(store, "clear", () => events.cleared()),
  ];
  return () => {
    for (const restore of restores) restore();
  };
}

/**
 * Calls `done` after a method has succeeded, and before the callback of its caller: the change is in force when the
 * caller responds.
 */
function after(store: object, name: keyof SessionStore<never>, done: (...args: unknown[]) => void): () => void {
  const methods = store as unknown as Record<string, StoreMethod | undefined>;
  const original = methods[name];
  if (original === undefined) return () => {};
  const inherited = !Object.hasOwn(store, name);

  const observed: StoreMethod = (...args) => {
    const last = args.at(-1);
    const callback = typeof last === "function" ? last : undefined;
    const given = callback === undefined ? args.filter((arg) => arg !== undefined) : args.slice(0, -1);
    return original.call(store, ...given, (error: unknown, ...results: unknown[]) => {
      if (!error) done(...given);
      callback?.(error, ...results);
    });
  };
  methods[name] = observed;

  return () => {
    // Other code has wrapped the method since. Its wrapper stays and calls this one, which then has no listeners.
    if (methods[name] !== observed) return;
    if (inherited) delete methods[name];
    else methods[name] = original;
  };
}
