/** A client that writes down what its application was told. */
import { isFinal } from "@signalbox/protocol";
import { createClients, type TaskWatch } from "../../src/index.ts";
import { type BadLine, startBadLine } from "./bad-line.ts";
import type { HistoryLine } from "./history-checker.ts";

export interface Witness {
  readonly name: string;
  readonly line: BadLine;
  watch(task: string): void;
  /** Connected, with everything that is watched live or ended. */
  isWell(): boolean;
  isWatching(): boolean;
  /** An attempt is under way at this moment, or has just succeeded and not everything is live yet. */
  isRecovering(): boolean;
  /** Where it stands, for the report of a failure. */
  describe(): string;
  close(): Promise<void>;
}

interface WitnessOptions {
  readonly name: string;
  readonly port: number;
  readonly origin: string;
  record(line: HistoryLine): void;
}

export async function createWitness({ name, port, origin, record }: WitnessOptions): Promise<Witness> {
  const line = await startBadLine(port);
  const clients = createClients({ url: line.url, share: false, headers: { origin, cookie: `user=${name}` } });
  const user = clients.user();
  const watches = new Map<string, TaskWatch>();
  let well = false;
  let wasConnected = false;

  for (const event of ["progress_update", "task_completed", "task_error", "task_cancelled"] as const) {
    const kind = event === "progress_update" ? "applied" : "final";
    user.on(event, ({ task_id: task, version, status }) => {
      record({ kind, client: name, task, version, status, at: Date.now() });
    });
  }

  const isConnected = () => clients.state.get().status === "connected";
  const hasEnded = (watch: TaskWatch): boolean => {
    const { task } = watch.get();
    return task !== null && isFinal(task.status);
  };
  const isWell = () =>
    isConnected() && [...watches.values()].every((watch) => hasEnded(watch) || watch.get().source === "live");

  function look(): void {
    const at = Date.now();
    if (wasConnected && !isConnected()) {
      record({ kind: "lost", client: name, at });
      well = false;
    } else if (!well && isWell()) {
      record({ kind: "recovered", client: name, at });
      well = true;
    }
    wasConnected = isConnected();
  }
  clients.onState(({ status, code }) => {
    record({ kind: "state", client: name, status, code, at: Date.now() });
    look();
  });

  return {
    name,
    line,
    watch(task) {
      record({ kind: "watched", client: name, task, at: Date.now() });
      const watch = user.tasks.watch(task);
      watches.set(task, watch);
      const stop = watch.subscribe(() => {
        look();
        if (!hasEnded(watch)) return;
        stop();
        watches.delete(task);
        look();
      });
    },
    isWell,
    isWatching: () => watches.size > 0,
    isRecovering: () => clients.state.get().code === "attempt" || (isConnected() && !isWell()),
    describe: () => {
      const { status, code, transport, attempt } = clients.state.get();
      const open = [...watches].map(([task, watch]) => `${task} ${JSON.stringify(watch.get())}`);
      return `${name}: ${status} (${code}), ${transport}, attempt ${attempt}; ${open.join(", ")}`;
    },
    async close() {
      clients.close();
      await line.close();
    },
  };
}
