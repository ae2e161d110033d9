/** An application on plain socket.io-client, that joins again where the state of its connection could not be recovered. */
import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import { io } from "socket.io-client";
import { startBadLine } from "../../../packages/client/test/support/bad-line.ts";
import type { Witness, WitnessOptions } from "../../../packages/client/test/support/witness.ts";

/** As the server of the comparison is set. */
const longestDelayMs = 3000;
const answerMs = 5000;

export async function createBareWitness(options: WitnessOptions): Promise<Witness> {
  const { name, user, session, port, host, origin, pollingOnly = false, record } = options;
  const line = await startBadLine(port, host);
  const socket = io(line.url, {
    ...{ forceNew: true, reconnectionDelayMax: longestDelayMs, timeout: answerMs },
    ...(pollingOnly && { transports: ["polling"] }),
    extraHeaders: { origin, cookie: `user=${session}` },
  });
  /** What is shown of each task that is watched, and has not ended. */
  const shown = new Map<string, TaskSnapshot | undefined>();
  const live = new Set<string>();
  let connection = 0;
  let well = false;

  const fields = ({ task_id: task, version, status, current }: TaskSnapshot) =>
    ({ actor: name, task, version, status, current, at: Date.now() }) as const;

  function show(task: TaskSnapshot): void {
    // A task that is shown no more has received its end.
    if (!shown.has(task.task_id)) return;
    if (isFinal(task.status)) {
      shown.delete(task.task_id);
      live.delete(task.task_id);
      if (socket.connected) socket.emit("leave", task.task_id);
      record({ operation: "final", connection, ...fields(task) });
      return look();
    }
    shown.set(task.task_id, task);
    record({ operation: "applied", connection, ...fields(task) });
  }

  async function join(taskId: string): Promise<void> {
    try {
      const task = (await socket.timeout(answerMs).emitWithAck("join", taskId)) as TaskSnapshot | null;
      if (task === null || !shown.has(taskId)) return;
      // The answer says how it is: only what it brings anew is a change.
      if (task.version > (shown.get(taskId)?.version ?? 0)) show(task);
      if (isFinal(task.status)) return;
      live.add(taskId);
      record({ operation: "live", ...fields(shown.get(taskId) ?? task) });
      look();
    } catch {
      if (socket.connected && shown.has(taskId)) await join(taskId);
    }
  }

  const isWell = () => socket.connected && live.size === shown.size;
  function look(): void {
    if (well || !isWell()) return;
    well = true;
    record({ operation: "recovered", actor: name, at: Date.now() });
  }

  socket.on("connect", () => {
    connection += 1;
    record({ operation: "connected", actor: name, user, session, connection, at: Date.now() });
    if (!socket.recovered) live.clear();
    for (const [taskId, task] of shown) {
      if (task !== undefined && live.has(taskId)) record({ operation: "live", ...fields(task) });
      else void join(taskId);
    }
    look();
  });
  socket.on("disconnect", () => {
    well = false;
    record({ operation: "lost", actor: name, at: Date.now() });
  });
  socket.on("progress", show);
  socket.on("ended", show);

  return {
    name,
    line,
    watch(task) {
      record({ operation: "watched", actor: name, task, at: Date.now() });
      shown.set(task, undefined);
      if (socket.connected) void join(task);
    },
    isWell,
    isConnected: () => socket.connected,
    /** There are no notices here. */
    hasHeard: () => false,
    knowsLedger: () => true,
    isWatching: () => shown.size > 0,
    isUpgraded: () => socket.io.engine?.transport.name === "websocket",
    isRecovering: () => !isWell(),
    describe: () => `${name}: ${socket.connected ? "connected" : "not connected"}, ${live.size} of ${shown.size} live`,
    async close() {
      record({ operation: "gone", actor: name, at: Date.now() });
      socket.removeAllListeners();
      socket.close();
      await line.close();
    },
  };
}
