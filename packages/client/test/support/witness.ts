/** A client that writes down what its application received. */
import { isFinal } from "@signalbox/protocol";
import type { Line } from "../../../../reliability/history/line.ts";
import { type Environment, systemEnvironment } from "../../src/environment.ts";
import { createClients, type TaskWatch } from "../../src/index.ts";
import { openNotifications } from "../../src/notifications/open-notifications.ts";
import { type BadLine, startBadLine } from "./bad-line.ts";

export interface Witness {
  readonly name: string;
  readonly line: BadLine;
  watch(task: string): void;
  /** Connected, with everything that is watched live or ended. */
  isWell(): boolean;
  isConnected(): boolean;
  isWatching(): boolean;
  /** Whether its application was handed this notice. */
  hasHeard(notice: string): boolean;
  /**
   * Whether it has read its notifications: those that are acknowledged elsewhere before that are never delivered to it.
   */
  knowsLedger(): boolean;
  /** Over WebSocket. */
  isUpgraded(): boolean;
  /** An attempt is under way at this moment, or has just succeeded and not everything is live yet. */
  isRecovering(): boolean;
  /** Where it stands, for the report of a failure. */
  describe(): string;
  close(): Promise<void>;
}

export interface WitnessOptions {
  readonly name: string;
  readonly user: string;
  /** What opens its session; the server's `SessionSource` reads it from the cookie `user`. */
  readonly session: string;
  readonly host?: string;
  /** One, or those of several nodes, of which the first that answers is taken. */
  readonly port: number | readonly number[];
  readonly origin: string;
  /** Never moves to WebSocket. */
  readonly pollingOnly?: boolean;
  /** Follows its user's notifications, and reads them now and then. */
  readonly notifications?: boolean;
  record(line: Line): void;
}

/** A witness reads after so many notifications. */
const readEvery = 7;

export async function createWitness(options: WitnessOptions): Promise<Witness> {
  const { name, user: userId, session, port, origin, pollingOnly = false, record } = options;
  const line = await startBadLine(port, options.host);
  const clients = createClients({
    ...{ url: line.url, share: false, headers: { origin, cookie: `user=${session}` } },
    ...(pollingOnly && { environment: pollingEnvironment }),
  });
  const user = clients.user();
  const watches = new Map<string, TaskWatch>();
  let well = false;
  let wasConnected = false;
  let connection = 0;
  let isClosed = false;

  for (const event of ["progress_update", "task_completed", "task_error", "task_cancelled"] as const) {
    const operation = event === "progress_update" ? "applied" : "final";
    user.on(event, ({ task_id: task, version, status, current }) => {
      record({ operation, actor: name, connection, task, version, status, current, at: Date.now() });
    });
  }

  const isConnected = () => clients.state.get().status === "connected";
  const hasEnded = (watch: TaskWatch): boolean => {
    const { task } = watch.get();
    return task !== null && isFinal(task.status);
  };
  const centre = options.notifications ? openNotifications(clients) : undefined;
  const isWell = () =>
    isConnected() && [...watches.values()].every((watch) => hasEnded(watch) || watch.get().source === "live");

  function look(): void {
    if (isClosed) return;
    const at = Date.now();
    if (!wasConnected && isConnected()) {
      connection += 1;
      record({ operation: "connected", actor: name, user: userId, session, connection, at });
    }
    if (wasConnected && !isConnected()) {
      record({ operation: "lost", actor: name, at });
      well = false;
    } else if (!well && isWell()) {
      record({ operation: "recovered", actor: name, at });
      well = true;
    }
    wasConnected = isConnected();
  }
  clients.onState(look);
  const heard = new Set<string>();
  let marks = "";
  centre?.onArrived(({ title: notice, seq }) => {
    heard.add(notice);
    record({ operation: "notified", actor: name, notice, seq, at: Date.now() });
    if (seq % readEvery === 0) centre.markRead(seq).catch(() => {});
  });
  centre?.subscribe(({ phase, acknowledged_seq: acknowledged, read_seq: read }) => {
    // A client whose session is over shows nothing, and no marks.
    if (phase === "refused" || phase === "loading") return;
    if (marks === `${acknowledged} ${read}`) return;
    marks = `${acknowledged} ${read}`;
    record({ operation: "marked", actor: name, acknowledged, read, at: Date.now() });
  });

  /** Records each time that a task becomes live: from then on its state counts as the latest. */
  function noteLive(watch: TaskWatch): () => void {
    let wasLive = false;
    return () => {
      const { source, task } = watch.get();
      const isLive = source === "live" && task !== null;
      if (isLive && !wasLive && !isFinal(task.status)) {
        const { task_id, version, status, current } = task;
        record({ operation: "live", actor: name, task: task_id, version, status, current, at: Date.now() });
      }
      wasLive = isLive;
    };
  }

  return {
    name,
    line,
    watch(task) {
      record({ operation: "watched", actor: name, task, at: Date.now() });
      const watch = user.tasks.watch(task);
      watches.set(task, watch);
      const note = noteLive(watch);
      const stop = watch.subscribe(() => {
        note();
        look();
        if (!hasEnded(watch)) return;
        stop();
        watches.delete(task);
        look();
      });
    },
    isWell,
    isConnected,
    hasHeard: (notice) => heard.has(notice),
    knowsLedger: () => centre?.get().phase !== "loading",
    isWatching: () => watches.size > 0,
    isUpgraded: () => clients.state.get().transport === "websocket",
    isRecovering: () => clients.state.get().code === "attempt" || (isConnected() && !isWell()),
    describe: () => {
      const { status, code, transport, attempt } = clients.state.get();
      const open = [...watches].map(([task, watch]) => `${task} ${JSON.stringify(watch.get())}`);
      return `${name}: ${status} (${code}), ${transport}, attempt ${attempt}; ${open.join(", ")}`;
    },
    async close() {
      isClosed = true;
      centre?.close();
      record({ operation: "gone", actor: name, at: Date.now() });
      clients.close();
      await line.close();
    },
  };
}

/**
 * Stands for a network that lets no WebSocket through: the client reads from client-config that there is only polling.
 */
const pollingEnvironment: Environment = {
  ...systemEnvironment,
  async fetch(url, init) {
    const response = await fetch(url, init);
    if (!url.endsWith("/realtime/client-config") || !response.ok) return response;
    return Response.json({ ...((await response.json()) as object), transports: ["polling"] });
  },
};
