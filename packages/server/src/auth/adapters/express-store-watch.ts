import type { SessionData, Store } from "express-session";

/** What is told of a store, after it was done. */
export interface StoreEvents {
  destroyed(sid: string): void;
  saved(sid: string, session: SessionData): void;
  cleared(): void;
}

/** A method of a store: its last argument is the callback, which may be left out. */
type StoreMethod = (...args: unknown[]) => unknown;

/** Observes what is done to a store through this object; the returned function ends that. */
export function observeStore(store: Store, events: StoreEvents): () => void {
  // `regenerate` is made of `destroy` and a later `set`.
  const restores = [
    after(store, "destroy", (sid) => events.destroyed(sid as string)),
    after(store, "set", (sid, session) => events.saved(sid as string, session as SessionData)),
    after(store, "clear", () => events.cleared()),
  ];
  return () => {
    for (const restore of restores) restore();
  };
}

/** Calls `done` once a method has succeeded and before its caller hears of it: what is answered then is already in force. */
function after(store: Store, name: "destroy" | "set" | "clear", done: (...args: unknown[]) => void): () => void {
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
