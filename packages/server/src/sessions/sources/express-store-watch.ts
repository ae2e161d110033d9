/**
 * What is used of a store of express-session or @fastify/session. The type of a session follows from `set` alone: some
 * stores type what they give back as any.
 */
export interface SessionStore<Data> {
  get(sid: string, callback: (error: unknown, session?: NoInfer<Data> | null) => void): unknown;
  set(sid: string, session: Data, callback?: (error?: unknown) => void): unknown;
  destroy(sid: string, callback?: (error?: unknown) => void): unknown;
  /** A store with `touch` keeps when a session ends beside the session itself. */
  touch?(sid: string, session: NoInfer<Data>, callback?: (error?: unknown) => void): unknown;
  clear?(callback?: (error?: unknown) => void): unknown;
}

/** What is told of a store, after it was done. */
export interface StoreEvents<Data> {
  destroyed(sid: string): void;
  saved(sid: string, session: Data): void;
  /** The end of a session was moved. */
  touched(sid: string, session: Data): void;
  cleared(): void;
}

/** A method of a store: its last argument is the callback, which may be left out. */
type StoreMethod = (...args: unknown[]) => unknown;

/** Observes what is done to a store through this object; the returned function ends that. */
export function observeStore<Data>(store: SessionStore<Data>, events: StoreEvents<Data>): () => void {
  // `regenerate` is made of `destroy` and a later `set`.
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

/** Calls `done` once a method has succeeded and before its caller hears of it: what is answered then is already in force. */
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
    // Somebody else has wrapped the method since: theirs stays, and calls ours, which announces to nobody.
    if (methods[name] !== observed) return;
    if (inherited) delete methods[name];
    else methods[name] = original;
  };
}
