import { type ClientOptions, createClients } from "@signalbox/client";
import { isFinal, type TaskSnapshot } from "@signalbox/protocol";
import { exitCodes } from "./exit-codes.ts";
import { harmless, type Terminal } from "./terminal.ts";
import { sayTroubles } from "./troubles.ts";

const barWidth = 30;

/**
 * `signalbox watch`: follows a task to its end. On a terminal it updates one line; otherwise it prints a line for each
 * state.
 * @param signal - stops watching; the task goes on
 * @returns 0 when the task was completed, else 1
 */
export async function watchTask(
  terminal: Terminal,
  taskId: string,
  options: ClientOptions,
  asJson: boolean,
  signal: AbortSignal,
): Promise<number> {
  const clients = createClients(options);
  const user = clients.user();
  const watch = user.tasks.watch(taskId);
  const stop = (): void => watch.stop();
  signal.addEventListener("abort", stop);
  sayTroubles(terminal, clients, user, stop);
  let last: TaskSnapshot | null = null;
  try {
    for await (const { task, error } of watch) {
      if (error !== null) {
        terminal.say(harmless(`${error.code}: ${error.message}`));
        return exitCodes.bad;
      }
      if (task === null || task.version === last?.version) continue;
      last = task;
      if (asJson) terminal.print(JSON.stringify(task));
      else if (terminal.isLive && !isFinal(task.status)) terminal.passing(describeTask(task));
      else terminal.print(describeTask(task));
    }
    return last?.status === "completed" ? exitCodes.ok : exitCodes.bad;
  } finally {
    signal.removeEventListener("abort", stop);
    clients.close();
  }
}

/** One line: the progress, and the current step. */
function describeTask({ title, status, percent, current, total, step, message, error }: TaskSnapshot): string {
  const filled = Math.round(((percent ?? 0) / 100) * barWidth);
  const bar = `[${"#".repeat(filled)}${"-".repeat(barWidth - filled)}]`;
  const share = percent === null ? "   ?" : `${String(Math.floor(percent)).padStart(3)} %`;
  const counted = current === null ? "" : ` ${current}${total === null ? "" : ` of ${total}`}`;
  const words = error?.message ?? step ?? message;
  return harmless(`${bar} ${share} ${status}${counted}, ${title}${words ? `: ${words}` : ""}`);
}
