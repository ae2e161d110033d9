import type { AdminClient, NamespaceState } from "@signalbox/client";
import type { AdminBatch } from "@signalbox/protocol";
import { createStore, type Readable, type Store } from "../store.ts";

export interface FeedState {
  /** `stale`: the connection is gone, what is shown may be old. `denied`: not, or no longer, an administrator. */
  readonly phase: "connecting" | "live" | "stale" | "denied";
  /** While stale: when the server was last heard, in milliseconds of this computer's clock. */
  readonly asOf: number | null;
  /** Why the feed ended. */
  readonly problem: string | null;
}

/** What one part of the page takes of the feed. All of it ends with that part. */
export interface Section {
  readonly request: AdminClient["request"];
  isOpen(): boolean;
  /** Everything of one second. Listen before asking for a list: what happens in between would be missed. */
  onBatch(listener: (batch: AdminBatch) => void): void;
  /** Calls back at once if the connection is open, and whenever it opens again. */
  onOpen(listener: () => void): void;
  onClose(listener: () => void): void;
  /** A store that is emptied when the rights are lost. An answer that was under way then no longer fills it. */
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
 * @param onDenied - told when the server no longer takes this user for an administrator
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

  /** Nothing that only administrators may see stays on the page. */
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
