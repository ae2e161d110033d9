import type { AdminClient, NamespaceState } from "@signalbox/client";
import type { AdminBatch } from "@signalbox/protocol";
import { createStore, type Readable, type Store } from "../store.ts";

export interface FeedState {
  /**
   * `stale`: the connection is lost, and the data may be outdated. `denied`: the user is not, or no longer, an
   * administrator.
   */
  readonly phase: "connecting" | "live" | "stale" | "denied";
  /** While stale: when the server last sent something, in milliseconds of this computer's clock. */
  readonly asOf: number | null;
  /** Why the feed ended. */
  readonly problem: string | null;
}

/** The access that one part of the page has to the feed. It ends with that part. */
export interface Section {
  readonly request: AdminClient["request"];
  isOpen(): boolean;
  /**
   * Receives the events of one second. Subscribe before you request a list: events in between would be lost otherwise.
   */
  onBatch(listener: (batch: AdminBatch) => void): void;
  /** Calls the listener at once if the connection is open, and whenever it opens again. */
  onOpen(listener: () => void): void;
  onClose(listener: () => void): void;
  /** Creates a store that is emptied when the rights are lost. In-flight responses then no longer fill it. */
  keep<Value extends object>(initial: Value): Store<Value>;
}

export interface Feed {
  readonly state: Readable<FeedState>;
  section(): Section & { close(): void };
  close(): void;
}

interface Part {
  onBatch?: (batch: AdminBatch) => void;
  onOpen?: () => void;
  empty?: () => void;
}

/**
 * The administrators' feed, from now until `close`.
 * @param onDenied - called when the server no longer accepts this user as an administrator
 */
export function openFeed(admin: AdminClient, onDenied: () => void): Feed {
  const state = createStore<FeedState>({ phase: "connecting", asOf: null, problem: null });
  const parts = new Set<Part>();
  let heardAt = Date.now();
  const isDenied = (): boolean => state.get().phase === "denied";
  const isOpen = (): boolean => state.get().phase === "live";

  const stops = [
    admin.onStatus(follow),
    admin.on("admin_batch", (batch) => {
      heardAt = Date.now();
      if (!isDenied()) for (const { onBatch } of [...parts]) onBatch?.(batch);
    }),
  ];
  follow(admin.status());

  function follow({ status, diagnosis }: NamespaceState): void {
    const { phase } = state.get();
    if (phase === "denied") return;
    if (status === "open") {
      heardAt = Date.now();
      state.set({ phase: "live", asOf: null, problem: null });
      for (const { onOpen } of [...parts]) onOpen?.();
    } else if (status === "refused" && diagnosis?.code === "forbidden") {
      deny(phase === "connecting" ? diagnosis.message : "You are no longer an administrator.");
    } else if (phase !== "connecting") {
      state.set({ phase: "stale", asOf: heardAt, problem: diagnosis?.message ?? null });
    }
  }

  /** Removes everything from the page that only administrators may see. */
  function deny(problem: string): void {
    for (const { empty } of parts) empty?.();
    state.set({ phase: "denied", asOf: null, problem });
    onDenied();
  }

  function section(): Section & { close(): void } {
    const own = new Set<Part>();
    const closers: (() => void)[] = [];
    const add = (part: Part): void => {
      parts.add(part);
      own.add(part);
    };
    return {
      request: admin.request,
      isOpen,
      onBatch: (onBatch) => add({ onBatch }),
      onOpen(onOpen) {
        add({ onOpen });
        if (isOpen()) onOpen();
      },
      onClose: (listener) => void closers.push(listener),
      keep(initial) {
        const store = createStore(initial);
        add({ empty: () => store.set(initial) });
        return {
          ...store,
          set: (value) => !isDenied() && store.set(value),
          patch: (fields) => !isDenied() && store.patch(fields),
        };
      },
      close() {
        for (const part of own) parts.delete(part);
        for (const closer of closers) closer();
      },
    };
  }

  return {
    state,
    section,
    close() {
      for (const stop of stops) stop();
      admin.close();
    },
  };
}
