import type { Server } from "node:http";
import {
  createLog,
  createOriginPolicy,
  createRealtime,
  type LoadedConfig,
  loadConfig,
  type Realtime,
} from "@signalbox/server";
import { betterAuthSessions } from "@signalbox/server/better-auth";
import { createSqlStore, openSqlite } from "@signalbox/server/sql";
import fastify from "fastify";
import { createAccounts } from "./accounts/accounts.ts";
import { ensureAdministrator, type MadeAdministrator } from "./accounts/first-administrator.ts";
import { openDataFolder } from "./data-folder.ts";
import { migrateWorkbench, type WorkbenchTables } from "./database.ts";
import { accountRoutes } from "./http/account-routes.ts";
import { answerErrors } from "./http/answers.ts";
import { pages } from "./http/pages.ts";
import { resultRoutes } from "./http/result-routes.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { taskRoutes } from "./http/task-routes.ts";
import { workbenchSettings } from "./settings.ts";
import { createBatchJob } from "./tasks/batch-job.ts";
import { createJobStore } from "./tasks/job-store.ts";
import { practiceJob } from "./tasks/practice-job.ts";
import { createTaskRunner } from "./tasks/task-runner.ts";
import { createTasks } from "./tasks/tasks.ts";

/** A workbench that is running. */
export interface Workbench {
  readonly url: string;
  readonly realtime: Realtime;
  /** Set when this was the first start. */
  readonly administrator: MadeAdministrator | null;
  close(): Promise<void>;
}

/**
 * Starts the workbench with the settings of an environment.
 * @throws ConfigError for a bad configuration, Error with one sentence for a folder or port that cannot be used
 */
export async function startWorkbench(environment: Readonly<Record<string, string | undefined>>): Promise<Workbench> {
  const { config, extra, warnings, folder } = configure(environment);
  const log = createLog(config);
  for (const warning of warnings) log.warn({}, warning);
  const { kysely: db, database } = openSqlite<WorkbenchTables>(folder.database);
  const store = await createSqlStore(db, { maxSecurityEvents: config.securityLogRows });
  await migrateWorkbench(db);

  const app = fastify({ bodyLimit: 1_000_000 });
  const baseUrl = config.publicUrl ?? `http://${hostInUrl(config.host)}:${config.port}`;
  const accounts = await createAccounts({
    database,
    secret: config.secret,
    baseUrl,
    trustedOrigins: createOriginPolicy(config).allowed,
  });
  const realtime = createRealtime({
    ...{ httpServer: app.server, config, store, logger: log },
    sessions: betterAuthSessions(accounts),
    tasks: { cancel: (task) => runner.cancel(task) },
  });
  const { progress } = realtime;
  const jobs = createJobStore(db);
  const runner = createTaskRunner({
    ...{ jobs, progress, log },
    kinds: new Map([
      ["batch", createBatchJob(db, folder)],
      ["practice", practiceJob],
    ]),
    concurrency: extra.taskConcurrency,
  });
  const authorize = (request: { raw: Parameters<Realtime["authorize"]>[0] }) => realtime.authorize(request.raw);

  answerErrors(app, config.mode !== "production");
  securityHeaders(app, baseUrl.startsWith("https:"));
  accountRoutes(app, accounts, baseUrl, realtime.clientAddress);
  taskRoutes(app, {
    ...{ runner, progress, authorize },
    tasks: createTasks({ db, folder, jobs, runner, progress }),
    practice: config.mode !== "production",
  });
  resultRoutes(app, { db, folder, progress, authorize });
  pages(app);

  const administrator = await ensureAdministrator(accounts, extra.adminEmail, extra.adminPassword);
  await app.ready();
  await listen(app.server, config.host, config.port);
  await runner.start();

  return {
    url: baseUrl,
    realtime,
    administrator,
    async close() {
      await runner.stop();
      await realtime.close();
      await app.close();
      await store.close();
    },
  };
}

/** A secret that is kept in the data folder lets sessions outlive a restart without anything being set up. */
function configure(environment: Readonly<Record<string, string | undefined>>) {
  const { extra } = loadConfig({ ...environment, NODE_ENV: "development" }, workbenchSettings);
  const folder = openDataFolder(extra.dataDir);
  const named = environment.SIGNALBOX_SECRET || environment.SIGNALBOX_SECRET_FILE;
  const secret = named ? {} : { SIGNALBOX_SECRET: folder.secret() };
  const loaded: LoadedConfig<typeof workbenchSettings> = loadConfig({ ...environment, ...secret }, workbenchSettings);
  return { ...loaded, folder };
}

/** Fastify's own `listen` opens a second server for `localhost`, in front of which the real-time layer would not be. */
function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
}

/** The name that a browser on this machine would use. */
function hostInUrl(host: string): string {
  if (["0.0.0.0", "::"].includes(host)) return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}
