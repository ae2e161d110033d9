import type { Diagnosis } from "./diagnosis.ts";
import type { Link, NamespaceState } from "./link.ts";
import { createListeners } from "./listeners.ts";
import type { Reporter } from "./report.ts";

/** The wanted namespaces and the state of each. */
export interface NamespaceTable {
  get(namespace: string): NamespaceState;
  /** Returns false when the namespace was wanted already. */
  want(namespace: string): boolean;
  wanted(): string[];
  set(namespace: string, status: NamespaceState["status"], diagnosis?: Diagnosis | null): void;
  setAll(status: NamespaceState["status"], diagnosis?: Diagnosis | null): void;
  /** Records that the connection was lost; returns the namespaces that were open. */
  lose(): string[];
  /** Whether any namespace is open or opening. */
  anyAlive(): boolean;
  firstOpen(): string | undefined;
  forget(namespace: string): void;
  readonly subscribe: Link["onNamespace"];
}

const closed: NamespaceState = { status: "closed", diagnosis: null };

export function createNamespaceTable(report: Reporter): NamespaceTable {
  const states = new Map<string, NamespaceState>();
  const listeners = createListeners<[namespace: string, state: NamespaceState]>(report);

  function set(namespace: string, status: NamespaceState["status"], diagnosis: Diagnosis | null = null): void {
    const known = states.get(namespace);
    if (known?.status === status && known.diagnosis === diagnosis) return;
    const next = { status, diagnosis };
    states.set(namespace, next);
    listeners.tell(namespace, next);
  }

  const withStatus = (...statuses: NamespaceState["status"][]): string[] =>
    [...states].filter(([, { status }]) => statuses.includes(status)).map(([namespace]) => namespace);

  return {
    get: (namespace) => states.get(namespace) ?? closed,
    want(namespace) {
      if ((states.get(namespace) ?? closed).status !== "closed") return false;
      set(namespace, "opening");
      return true;
    },
    wanted: () => [...states.keys()],
    set,
    setAll(status, diagnosis) {
      for (const namespace of states.keys()) set(namespace, status, diagnosis);
    },
    lose() {
      const open = withStatus("open");
      for (const namespace of open) set(namespace, "opening");
      return open;
    },
    anyAlive: () => withStatus("open", "opening").length > 0,
    firstOpen: () => withStatus("open")[0],
    forget(namespace) {
      if (!states.has(namespace)) return;
      set(namespace, "closed");
      states.delete(namespace);
    },
    subscribe: listeners.add,
  };
}
