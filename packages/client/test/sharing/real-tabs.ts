/** Tabs of one browser that share a real connection to a real server, each with its own tasks and listeners. */
import type { TaskSnapshot } from "@signalbox/protocol";
import type { TestServer } from "@signalbox/server/testing";
import { onTestFinished } from "vitest";
import { createDirectLink } from "../../src/direct-link.ts";
import { systemEnvironment } from "../../src/environment.ts";
import { createNamespaceClient } from "../../src/namespace-client.ts";
import { createProbe } from "../../src/probe.ts";
import { createReporter, type Problem } from "../../src/report.ts";
import { createSharedLink, type SharedLink } from "../../src/sharing/shared-link.ts";
import { createTaskStore, type TaskStore } from "../../src/tasks/task-store.ts";
import type { FakeTab } from "./fake-browser.ts";

export interface RealTab {
  readonly link: SharedLink;
  readonly tasks: TaskStore;
  readonly problems: Problem[];
  /** Every task event that the tab's listeners received. */
  readonly told: TaskSnapshot[];
}

/** @param cookie - of the session that all tabs of the browser have */
export function openRealTab(platform: FakeTab, server: TestServer, cookie: string): RealTab {
  const environment = systemEnvironment;
  const problems: Problem[] = [];
  const told: TaskSnapshot[] = [];
  const report = createReporter((problem) => problems.push(problem));
  const headers = async (): Promise<Record<string, string>> => ({ origin: server.url, cookie });
  const probe = createProbe({ base: server.url, environment, headers });
  const link = createSharedLink({
    ...{ group: server.url, environment, report, locks: platform.locks, openChannel: platform.openChannel },
    openLink: () =>
      createDirectLink({
        ...{ base: server.url, environment, report, probe, handshakeHeaders: headers },
        credentials: async () => ({ accepts: ["progress_batch"] }),
      }),
  });
  const client = createNamespaceClient({
    ...{ path: "/", link, report },
    onMalformed: (event) => problems.push({ kind: "malformed_message", error: undefined, event }),
    onClosed() {},
  });
  const tasks = createTaskStore({ link, probe, environment, report, onTask: client.deliver });
  client.intercept(tasks.accept);
  for (const event of ["progress_update", "task_completed", "task_error", "task_cancelled"]) {
    client.on(event as never, (task) => told.push(task));
  }
  link.open("/");
  onTestFinished(() => link.close());
  return { link, tasks, problems, told };
}
