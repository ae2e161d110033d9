/** What the processes of one application share, as interfaces: implemented over Redis by the `redis` subpath. */
import type { AdminAlert, SecurityEvent } from "@signalbox/protocol";
import type { Adapter } from "socket.io-adapter";
import type { SessionChange, TaskExchange, TaskStore } from "../core/ports.ts";
import type { Block } from "../limits/automatic-blocks.ts";
import type { Dependency } from "../observability/dependency-health.ts";

/** Makes the adapter of a namespace; Socket.IO calls it with `new`. */
export type AdapterFactory = (namespace: Adapter["nsp"]) => Adapter;

/** Counts seats over all processes. */
export interface SeatCount {
  /** To be told how many seats this process has given away, whenever it has to be written down anew. */
  bind(taken: () => Iterable<readonly [place: string, count: number]>): void;
  /** Takes a seat. False at the cap; undefined when nobody can say, and each process counts for itself. */
  take(place: string, cap: number): Promise<boolean | undefined>;
  leave(place: string): void;
}

/**
 * Takes from a budget that all processes share. Answers with the milliseconds until there is something in it again, or
 * 0: it sufficed, or nobody can say, and each process holds to its own.
 */
export type SharedBudget = (place: string, count: number) => Promise<number>;

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
export interface Cluster {
  readonly createAdapter: AdapterFactory;
  readonly tasks: TaskExchange;
  readonly seats: SeatCount;
  budget(name: string, points: number, seconds: number): SharedBudget;
  tell<Topic extends keyof ClusterMessages>(topic: Topic, message: ClusterMessages[Topic]): void;
  on<Topic extends keyof ClusterMessages>(topic: Topic, listener: (message: ClusterMessages[Topic]) => void): void;
  /** Told at the start and whenever messages may have been missed: everything is to be looked at anew. */
  onAnew(listener: () => void): void;
  /** Keeps the tasks of processes that have no store of their own. */
  serve(store: TaskStore): void;
  /** How Redis is, for readiness. */
  readonly health: Dependency;
  close(): Promise<void>;
}
