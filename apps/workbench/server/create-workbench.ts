import type { Server } from "node:http";
import type { Server as HttpsServer } from "node:https";
import {
  createLog,
  createOriginPolicy,
  createRealtime,
  followTls,
  type Log,
  loadConfig,
  type Realtime,
  readTls,
} from "@signalbox/server";
import { betterAuthSessions } from "@signalbox/server/better-auth";
import { connectRedis } from "@signalbox/server/redis";
import { createSqlStore } from "@signalbox/server/sql";
import fastify, { type FastifyInstance, type FastifyReply, type FastifyRequest } from "fastify";
import { createAccounts } from "./accounts/accounts.ts";
import { createDevices } from "./accounts/devices.ts";
import { ensureAdministrator, type MadeAdministrator } from "./accounts/first-administrator.ts";
import { openDataFolder } from "./data-folder.ts";
import { migrateWorkbench } from "./database.ts";
import { accountRoutes } from "./http/account-routes.ts";
import { errorAnswers } from "./http/answers.ts";
import { guardBodies } from "./http/body-guard.ts";
import { deviceRoute } from "./http/device-route.ts";
import { pages } from "./http/pages.ts";
import { resultRoutes } from "./http/result-routes.ts";
import { securityHeaders } from "./http/security-headers.ts";
import { taskRoutes } from "./http/task-routes.ts";
import { createConverter } from "./images/converter.ts";
import { removeStrayUploads } from "./images/stray-uploads.ts";
import { tellOfNewDevice } from "./notices/device-notice.ts";
import { createTaskNotices, type TaskNotices } from "./notices/task-notices.ts";
import { openDatabase } from "./open-database.ts";
import { workbenchSettings } from "./settings.ts";
import { createBatchJob } from "./tasks/batch-job.ts";
import { createBullMqQueue } from "./tasks/bullmq-queue.ts";
import { createJobStore } from "./tasks/job-store.ts";
import { practiceJob } from "./tasks/practice-job.ts";
import { createRetention, removeUploads } from "./tasks/retention.ts";
import { createTaskRunner } from "./tasks/task-runner.ts";
import { createTasks } from "./tasks/tasks.ts";

/** How long in-flight responses may take when the server closes. */
const closingGraceMs = 2000;

/**
 * A request whose headers have not arrived by then is abandoned. Fastify's own default for whole requests is no limit.
 */
const connectionLimits = { headersTimeout: 10_000, connectionsCheckingInterval: 5000 };
const bodyLimits = { idleMs: 25_000, minBytes: 4096 };

/** A running workbench. */
export interface Workbench {
  readonly url: string;
  readonly production: boolean;
  readonly log: Log;
  readonly realtime: Realtime;
  /** Set on the first start. */
  readonly administrator: MadeAdministrator | null;
  close(): Promise<void>;
}

/**
 * Starts the workbench with the settings of an environment.
 * @throws ConfigError for a bad configuration, Error with one sentence for an unusable folder or port
 */
export async function startWorkbench(environment: Readonly<Record<string, string | undefined>>): Promise<Workbench> {
  const { config, sources, extra, warnings, folder } = configure(environment);
  const tls = readTls(config);
  const log = createLog(config);
  for (const warning of warnings) log.warn({}, warning);
  const { kysely: db, forAccounts, exclusively } = openDatabase(extra.databaseUrl, folder.database, log);
  const store = await createSqlStore(db, { maxSecurityEvents: config.securityLogRows });

  const baseUrl = config.publicUrl ?? `${tls ? "https" : "http"}://${hostInUrl(config.host)}:${config.port}`;
  const headers = securityHeaders(baseUrl.startsWith("https:"));
  const production = config.mode === "production";
  const answerError = errorAnswers(log, !production);
  const app = fastify({
    bodyLimit: 1_000_000,
    ...(tls ? { https: { ...tls, ...connectionLimits } } : { http: connectionLimits }),
    frameworkErrors: (error, request, reply) => answerError(error, request, reply.headers(headers)),
    // Plugins and routes are the same with and without TLS; their types are those of a server without it.
  }) as unknown as FastifyInstance;
  const unfollowTls = tls && followTls(app.server as HttpsServer, tls, config, log);
  const devices = createDevices(db);
  const accounts = await exclusively(async () => {
    await migrateWorkbench(db);
    return createAccounts({
      database: forAccounts,
      secret: config.secret,
      baseUrl,
      trustedOrigins: createOriginPolicy(config).allowed,
      rateLimiting: production,
      ...{ log, devices },
      async onEntered(userId, device) {
        if (await devices.remember(userId, device)) await tellOfNewDevice(realtime.notify, userId, device);
      },
      onFailed: (attempt) => realtime.recordSecurityEvent({ type: "sign_in_failed", ...attempt }),
    });
  });
  // #region signalbox
  const realtime = createRealtime({
    ...{ httpServer: app.server, config, configSources: sources, store, logger: log },
    sessions: betterAuthSessions(accounts),
    ...(config.redisUrl !== null && { cluster: connectRedis(config, { logger: log }) }),
    tasks: { cancel: (task) => queue.cancel(task) },
    notifications: {
      // An application with a mail server would send an e-mail; this one writes to its log.
      onUnacknowledged: ({ audience, notice }) =>
        log.warn(
          { audience, notice_id: notice.id, title: notice.title },
          "A critical notification was not acknowledged in time.",
        ),
    },
  });
  // #endregion
  guardBodies(app.server, bodyLimits);
  const { progress } = realtime;
  const tellOfEnd = createTaskNotices(realtime.notify, baseUrl);
  const onEnded: TaskNotices = async (task) => {
    await removeUploads(folder, task.task_id);
    await tellOfEnd(task);
  };
  const retention = createRetention({ db, folder, progress, days: extra.retentionDays, log });
  const converter = createConverter();
  const queue =
    config.redisUrl !== null
      ? createBullMqQueue({ redisUrl: config.redisUrl, progress, log, onEnded })
      : createTaskRunner({
          ...{ jobs: createJobStore(db), progress, log, onEnded },
          kinds: new Map([
            ["batch", createBatchJob(db, folder, converter)],
            ["practice", practiceJob],
          ]),
          concurrency: extra.taskConcurrency,
        });
  const headersFor = (request: FastifyRequest, reply: FastifyReply) => ({
    ...headers,
    // API responses are personal, and the user may sign out.
    ...(isApi(request) && !reply.hasHeader("cache-control") && { "cache-control": "no-store" }),
    // The server does not read the rest of a refused body.
    ...(!request.raw.complete && { connection: "close" }),
  });
  const authorize = (request: { raw: Parameters<Realtime["authorize"]>[0] }) => realtime.authorize(request.raw);

  // Requests that arrive before the start is complete wait for it. The first account must be the administrator's, and
  // tasks of the last run are checked before new ones arrive.
  const started = Promise.withResolvers<void>();
  app.addHook("onRequest", () => started.promise);
  app.addHook("onSend", async (request, reply) => void reply.headers(headersFor(request, reply)));
  app.setErrorHandler(answerError);
  accountRoutes(app, { accounts, baseUrl, realtime });
  taskRoutes(app, {
    ...{ queue, progress, authorize },
    tasks: createTasks({ db, folder, queue, progress }),
    practice: !production,
  });
  deviceRoute(app);
  resultRoutes(app, { db, folder, progress, authorize });
  pages(app);

  async function close(): Promise<void> {
    // Connected users see tasks progress until their connections close, so the queue stops only after draining.
    await realtime.drain();
    await queue.stop();
    await retention.stop();
    converter.close();
    await realtime.close();
    await closeHttp(app);
    unfollowTls?.();
    await store.close();
  }

  try {
    await app.ready();
    // Before any change: a second start by mistake, on a port in use, must leave no trace.
    await listen(app.server, config.host, config.port);
    const administrator = await exclusively(() =>
      ensureAdministrator(accounts, {
        ...{ email: extra.adminEmail, givenPassword: extra.adminPassword },
        keepPassword: production ? folder.keepPassword : null,
      }),
    );
    // With other nodes, files that look abandoned may belong to an upload in progress.
    if (config.redisUrl === null) await removeStrayUploads(db, folder);
    await queue.start();
    retention.start();
    started.resolve();
    return { url: baseUrl, production, log, realtime, administrator, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/**
 * A secret in the data folder lets sessions survive a restart without configuration; production requires a configured
 * one.
 */
function configure(environment: Readonly<Record<string, string | undefined>>) {
  const { config, extra, warnings, sources } = loadConfig(environment, workbenchSettings);
  const folder = openDataFolder(extra.dataDir);
  const secret = sources.get("SIGNALBOX_SECRET") === "default" ? folder.secret() : config.secret;
  return { config: { ...config, secret }, sources, extra, warnings, folder };
}

/** Fastify's own `listen` opens a second server for `localhost`, which the real-time layer would not cover. */
function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
}

/** In-flight responses may finish. Slower ones are cut off; otherwise one stalled upload would keep the server up. */
async function closeHttp(app: FastifyInstance): Promise<void> {
  const cutOff = setTimeout(() => app.server.closeAllConnections(), closingGraceMs);
  await app.close();
  clearTimeout(cutOff);
}

/** The host name that a browser on this machine would use. */
function hostInUrl(host: string): string {
  if (["0.0.0.0", "::"].includes(host)) return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

/** Identified by the route that matched: the same address can be written in several ways. */
const isApi = ({ routeOptions }: FastifyRequest): boolean => routeOptions.url?.startsWith("/api/") === true;
