/** What the processes of one application share, as interfaces: implemented over Redis by the `redis` subpath. */
import type { BusTransport } from "../core/message-bus.ts";
import type { TaskExchange, TaskStore } from "../core/ports.ts";
import type { SharedBudgets } from "../limits/shared-limit.ts";
import type { DependencyHealth } from "../observability/dependency-health.ts";
import type { AdapterFactory } from "../socket-io/delivery/batching-cluster-adapter.ts";
import type { SlotCounter } from "../socket-io/namespaces/connection-slots.ts";

/** The other processes of an application, and what is shared with them. Over Redis: the `redis` subpath. */
export interface Cluster extends SharedBudgets, BusTransport {
  readonly createAdapter: AdapterFactory;
  readonly tasks: TaskExchange;
  readonly slots: SlotCounter;
  /** Keeps the tasks of processes that have no store of their own. */
  serve(store: TaskStore): void;
  /** How Redis is, for readiness. */
  readonly health: DependencyHealth;
  close(): Promise<void>;
}
