import { namespaces, type TaskSnapshot } from "@signalbox/protocol";
import type { Environment } from "../environment.ts";
import { isTaskSnapshot } from "../event-guards.ts";
import { leavesHttp } from "../leaves-http.ts";
import { type Link, RequestError } from "../link.ts";
import { type Probe, refusalIn } from "../probe.ts";

interface FallbackOptions {
  readonly link: Link;
  readonly probe: Probe;
  readonly environment: Environment;
  /** The watched tasks that have not ended. */
  unfinished(): readonly string[];
  accept(task: TaskSnapshot): void;
  missing(taskId: string, error: RequestError): void;
  onPolled(taskId: string): void;
}

/** How often each task is polled. */
const intervalMs = 5000;

/** Keeps watched tasks up to date over plain HTTP while no socket can be opened. */
export function createHttpFallback(options: FallbackOptions): { check(): void; close(): void } {
  const { link, probe, environment } = options;
  let cancel: (() => void) | undefined;
  let polling = false;

  function isNeeded(): boolean {
    return link.namespaceState(namespaces.user).status !== "open" && leavesHttp(link.state.get());
  }

  function check(): void {
    if (polling) return;
    if (!isNeeded() || options.unfinished().length === 0) {
      cancel?.();
      cancel = undefined;
      return;
    }
    cancel ??= environment.after(intervalMs, () => void pollAll());
  }

  async function pollAll(): Promise<void> {
    polling = true;
    // Sequentially: a page with many tasks costs the server one request at a time.
    for (const taskId of options.unfinished()) if (isNeeded()) await poll(taskId);
    polling = false;
    cancel = undefined;
    check();
  }

  async function poll(taskId: string): Promise<void> {
    const outcome = await probe.json(`/realtime/tasks/${encodeURIComponent(taskId)}`);
    if (outcome.kind === "failed") return;
    const { task } = outcome.body as { task?: unknown };
    if (isTaskSnapshot(task)) {
      // Meanwhile the socket may have opened and the task may be live.
      if (isNeeded()) options.onPolled(taskId);
      return options.accept(task);
    }
    const refusal = refusalIn(outcome.body);
    if (refusal?.code === "task_not_found")
      options.missing(taskId, new RequestError(refusal.code, refusal.message, refusal));
  }

  const unsubscribe = link.state.subscribe(check);
  return {
    check,
    close() {
      unsubscribe();
      cancel?.();
    },
  };
}
