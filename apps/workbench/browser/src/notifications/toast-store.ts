import type { Notification } from "@signalbox/protocol";
import { createStore, type Readable } from "../store.ts";
import type { Inbox } from "./inbox.ts";
import type { ShownMark } from "./shown-mark.ts";

/** How long a toast stays. A low one appears only in the list; a critical one stays until a user closes it. */
const staysMs = { low: 0, normal: 6000, high: 15_000, critical: Number.POSITIVE_INFINITY } as const;

/** Older notifications that arrive on return are in the list. Only high and critical ones also appear as toasts. */
const freshMs = 60_000;

/** More would cover the page; the others follow as room becomes available. */
const maxShown = 3;

export interface ToastStore {
  /** Oldest first, both shown and waiting ones. */
  readonly state: Readable<{ readonly toasts: readonly Notification[] }>;
  /** The first ones, as many as there is room for. */
  shown(): readonly Notification[];
  dismiss(id: string): void;
  /** Call this when the list is open: it shows the toasts' content, so only critical ones stay. */
  dismissPassing(): void;
  /** A user is reading: no toast disappears meanwhile. */
  hold(): void;
  release(): void;
  close(): void;
}

/**
 * Shows new notifications as toasts, by their priority. Those that this browser showed before the page was loaded are
 * not shown again.
 */
export function createToastStore(inbox: Pick<Inbox, "onArrived">, mark: ShownMark): ToastStore {
  const state = createStore<{ toasts: readonly Notification[] }>({ toasts: [] });
  const timers = new Map<string, ReturnType<typeof setTimeout>>();
  let isHeld = false;

  const shown = (): readonly Notification[] => state.get().toasts.slice(0, maxShown);

  function show(toasts: readonly Notification[]): void {
    state.set({ toasts });
    for (const { id, seq, priority } of shown()) {
      mark.raise(seq);
      if (isHeld || timers.has(id) || !Number.isFinite(staysMs[priority])) continue;
      timers.set(
        id,
        setTimeout(() => dismiss(id), staysMs[priority]),
      );
    }
  }

  function stopTimers(): void {
    for (const timer of timers.values()) clearTimeout(timer);
    timers.clear();
  }

  function dismiss(id: string): void {
    clearTimeout(timers.get(id));
    timers.delete(id);
    show(state.get().toasts.filter((toast) => toast.id !== id));
  }

  const stop = inbox.onArrived((notification) => {
    if (notification.seq <= mark.before) return;
    const isUrgent = notification.priority === "critical" || notification.priority === "high";
    const isFresh = Date.now() - Date.parse(notification.created_at) < freshMs;
    if (notification.priority === "low" || !(isUrgent || isFresh)) return;
    show([...state.get().toasts, notification]);
  });

  return {
    ...{ state, shown, dismiss },
    dismissPassing() {
      stopTimers();
      for (const { seq } of state.get().toasts) mark.raise(seq);
      show(state.get().toasts.filter(({ priority }) => priority === "critical"));
    },
    hold() {
      isHeld = true;
      stopTimers();
    },
    release() {
      isHeld = false;
      show(state.get().toasts);
    },
    close() {
      stop();
      stopTimers();
    },
  };
}
