/**
 * One line of a history: who did what, when. Times are milliseconds on one clock. A history may lie in several files,
 * one for each process that records; a reader joins them by time.
 */
export type Line = Told | Written | Noticing | Watching | Connection | Surroundings | Resting | Promised;

/** The state of a task in one version. */
interface State {
  readonly task: string;
  readonly version: number;
  readonly status: string;
  readonly current: number | null;
}

/** By the server, before any client receives it: the task is in this state from now on. */
export interface Reported extends State {
  readonly operation: "reported";
  readonly actor: string;
  readonly owner: string;
  readonly at: number;
}

/** By a client: its application received progress, or the end. */
interface Told extends State {
  readonly operation: "applied" | "final";
  readonly actor: string;
  /** The how many-eth connection of this client it was. */
  readonly connection?: number;
  readonly at: number;
}

/**
 * `committed`: the server's store has it, by its own word. `accepted`: the application was told that it is done.
 * `stored`: another process has read it in the database.
 */
type Written =
  | Reported
  | {
      readonly operation: "committed" | "accepted";
      readonly actor: string;
      readonly task: string;
      readonly version: number;
      readonly at: number;
    }
  | (State & { readonly operation: "stored"; readonly actor: string; readonly owner: string; readonly at: number });

/**
 * `watched`: this client wants to know what becomes of a task; `left`: no longer. `live`: it believes to have the latest
 * state, which is this version, and to be told of every newer one.
 */
type Watching =
  | { readonly operation: "watched" | "left"; readonly actor: string; readonly task: string; readonly at: number }
  | (State & { readonly operation: "live"; readonly actor: string; readonly at: number });

/**
 * `sent`: a server begins to send a notice to an audience (`everyone`, `user:<id>`, `role:<role>`). `kept`: its sender was
 * told that it is stored. `notified`: a client's application was handed it, under this number. `marked`: up to which
 * numbers a client holds everything for acknowledged, and read.
 */
type Noticing =
  | {
      readonly operation: "sent";
      readonly actor: string;
      readonly notice: string;
      readonly audience: string;
      readonly at: number;
    }
  | { readonly operation: "kept"; readonly actor: string; readonly notice: string; readonly at: number }
  | {
      readonly operation: "notified";
      readonly actor: string;
      readonly notice: string;
      readonly seq: number;
      readonly at: number;
    }
  | {
      readonly operation: "marked";
      readonly actor: string;
      readonly acknowledged: number;
      readonly read: number;
      readonly at: number;
    };

/**
 * `connected`: for this user, with this session. `lost`: it knows that it has no connection. `recovered`: everything that
 * is watched is live again. `gone`: its application has closed it, and wants nothing more.
 */
type Connection =
  | {
      readonly operation: "connected";
      readonly actor: string;
      readonly user: string;
      readonly session: string;
      readonly connection: number;
      readonly at: number;
    }
  | { readonly operation: "lost" | "recovered" | "gone"; readonly actor: string; readonly at: number };

/**
 * By the process that puts faults in. `silenced` until `heard`: nothing gets through to this client, or to all, and
 * neither end can know it yet. `reachable`: the server can be reached from now on, by this client or by all. `fault`:
 * one more. `revoked`: this session is over. `stalled`: of the time just before, the machine gave one of the processes
 * no core for so long.
 */
type Surroundings =
  | { readonly operation: "silenced" | "heard" | "reachable"; readonly actor?: string; readonly at: number }
  | { readonly operation: "fault"; readonly name: string; readonly at: number }
  | { readonly operation: "revoked"; readonly session: string; readonly at: number }
  | { readonly operation: "stalled"; readonly ms: number; readonly at: number };

/**
 * What a server holds while no client is connected: Engine.IO connections (with what waits in them), sockets, file
 * handles.
 */
interface Resting {
  readonly operation: "resting";
  readonly actor: string;
  readonly connections: number;
  readonly sockets: number;
  readonly handles: number;
  readonly at: number;
}

/** A promise that was looked at where it was to hold, such as "readiness is false while the disk is full". */
interface Promised {
  readonly operation: "promised";
  readonly promise: string;
  readonly kept: boolean;
  readonly detail: string;
  readonly at: number;
}

/** @throws SyntaxError with the line's beginning */
export function parseLine(text: string): Line {
  try {
    return JSON.parse(text) as Line;
  } catch (error) {
    throw new SyntaxError(`No line of a history: ${text.slice(0, 80)}`, { cause: error });
  }
}
