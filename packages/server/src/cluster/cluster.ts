/** What the processes of one application share, as interfaces: implemented over Redis by the `redis` subpath. */
import type { AdminAlert, SecurityEvent } from "@signalbox/protocol";
import type { SessionChange, TaskExchange, TaskStore } from "../core/ports.ts";
import type { Block } from "../limits/block.ts";
import type { SharedBudgets } from "../limits/shared-limit.ts";
import type { DependencyHealth } from "../observability/dependency-health.ts";
import type { AdapterFactory } from "../socket-io/delivery/batching-cluster-adapter.ts";
import type { SlotCounter } from "../socket-io/namespaces/connection-slots.ts";

/** What a process tells all others. */
export interface ClusterMessages {
  session_changed: SessionChange;
  /** Notices were stored for these users, or for anybody. */
  notices_stored: readonly string[] | "anybody";
  /** A user's notices after one number and up to another were sent to those of their sockets that are here. */
  notices_delivered: { readonly userId: string; readonly after: number; readonly upTo: number };
  notices_advanced: string;
  /** Somebody was blocked for offences, and until when. */
  blocked: Block;
  /** An administrator has blocked somebody. */
  imposed: Block;
  lifted: string;
  security_event: SecurityEvent;
  alert: AdminAlert["alert"];
  /** A task is to be cancelled, for whoever does its work. */
  cancel: string;
}

/** The other processes of an application, and what is shared with them. Over Redis: the `redis` subpath. */
export interface Cluster extends SharedBudgets {
  readonly createAdapter: AdapterFactory;
  readonly tasks: TaskExchange;
  readonly slots: SlotCounter;
  tell<Topic extends keyof ClusterMessages>(topic: Topic, message: ClusterMessages[Topic]): void;
  on<Topic extends keyof ClusterMessages>(topic: Topic, listener: (message: ClusterMessages[Topic]) => void): void;
  /** Told at the start and whenever messages may have been missed: everything is to be looked at anew. */
  onResync(listener: () => void): void;
  /** Keeps the tasks of processes that have no store of their own. */
  serve(store: TaskStore): void;
  /** How Redis is, for readiness. */
  readonly health: DependencyHealth;
  close(): Promise<void>;
}
