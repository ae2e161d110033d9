/** Interfaces of what the processes of one application share. The `redis` subpath implements them over Redis. */
import type { BusTransport } from "../core/message-bus.ts";
import type { TaskExchange, TaskStore } from "../core/ports.ts";
import type { SharedBudgets } from "../limits/shared-limit.ts";
import type { DependencyHealth } from "../observability/dependency-health.ts";
import type { AdapterFactory } from "../socket-io/delivery/batching-cluster-adapter.ts";
import type { SlotCounter } from "../socket-io/namespaces/connection-slots.ts";

/**
 * The other processes of an application, and what is shared with them. The `redis` subpath implements it over Redis.
 */
export interface Cluster extends SharedBudgets, BusTransport {
  readonly createAdapter: AdapterFactory;
  readonly tasks: TaskExchange;
  readonly slots: SlotCounter;
  /** Stores the tasks of processes that have no store of their own. */
  serve(store: TaskStore): void;
  /** The health of Redis, for readiness. */
  readonly health: DependencyHealth;
  close(): Promise<void>;
}
