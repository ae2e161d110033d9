import type { RoutedNetwork } from "../network.ts";
import type { SmallDisk } from "../small-disk.ts";
import type { World } from "../world.ts";

/** One fault that is about to be put in. */
export interface Scene {
  readonly world: World;
  readonly random: () => number;
  /** How many of this kind came before. */
  readonly number: number;
  /** Whose turn it is, where a fault concerns one client. */
  readonly client: string;
  /** A slice rather than the full run: waits that may be shorter are. */
  readonly quick: boolean;
  /** Where they are permitted and asked for by `needs`. */
  readonly network: RoutedNetwork | undefined;
  readonly disk: SmallDisk | undefined;
}

/** A row of the fault table. */
export interface FaultKind {
  readonly name: string;
  /** For the report: the fault, and what is promised. */
  readonly fault: string;
  readonly promise: string;
  /** Tasks that run meanwhile. Default: 120. */
  readonly tasks?: number;
  /** How fast they go: packages/client/test/support/task-mill.ts. */
  readonly pace?: number;
  /** So many at a time, each on another client. Default: one after the other. */
  readonly atATime?: number;
  /** Not more often than this in one run: it takes its time. */
  readonly most?: number;
  /** On two nodes with Redis and PostgreSQL. Default: on one with SQLite. */
  readonly nodes?: 2;
  /** How long a client may be behind without any process being able to know, when the world says that it is silent. */
  readonly unnoticedMs?: number;
  /** Within this time 99 of 100 clients are back. Default: as promised for any fault. */
  readonly recoveryP99Ms?: number;
  readonly needs?: "network" | "disk";
  readonly env?: Readonly<Record<string, string>>;
  /** Bare Socket.IO is compared on it. */
  readonly compared?: boolean;
  /** Puts it in and takes it away again; then everybody has to become well. */
  inject(scene: Scene): Promise<void>;
}
