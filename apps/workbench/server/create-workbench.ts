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
import { createTaskNotices } from "./notices/task-notices.ts";
import { openDatabase } from "./open-database.ts";
import { workbenchSettings } from "./settings.ts";
import { createBatchJob } from "./tasks/batch-job.ts";
import { createBullMqQueue } from "./tasks/bullmq-queue.ts";
import { createJobStore } from "./tasks/job-store.ts";
import { practiceJob } from "./tasks/practice-job.ts";
import { createTaskRunner } from "./tasks/task-runner.ts";
import { createTasks } from "./tasks/tasks.ts";

/** How long answers that are under way may take when the server closes. */
const closingGraceMs = 2000;

/** A request that is not there by then is given up. Fastify's own default for whole requests is none. */
const connectionLimits = { headersTimeout: 10_000, connectionsCheckingInterval: 5000 };
const bodyLimits = { idleMs: 25_000, minBytes: 4096 };

/** A workbench that is running. */
export interface Workbench {
  readonly url: string;
  readonly production: boolean;
  readonly log: Log;
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
    // Plugins and routes are the same whether a server encrypts; their types are those of one that does not.
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
      // An application with a mail server would write to somebody; this one has its log.
      onUnacknowledged: ({ audience, notice }) =>
        log.warn({ audience, notice_id: notice.id, title: notice.title }, "Nobody has acknowledged a critical notice."),
    },
  });
  // #endregion
  guardBodies(app.server, bodyLimits);
  const { progress } = realtime;
  const onEnded = createTaskNotices(realtime.notify, baseUrl);
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
    // What an API answers is one person's, who may sign out.
    ...(isApi(request) && !reply.hasHeader("cache-control") && { "cache-control": "no-store" }),
    // What is left of a refused body is not read.
    ...(!request.raw.complete && { connection: "close" }),
  });
  const authorize = (request: { raw: Parameters<Realtime["authorize"]>[0] }) => realtime.authorize(request.raw);

  // What comes before the start is complete waits for it: the first account is the administrator's, and tasks that the
  // last run left behind are looked through before new ones come.
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
    // Who is still connected sees the tasks go on: they are stopped for nobody but those that come next.
    await realtime.drain();
    await queue.stop();
    converter.close();
    await realtime.close();
    await closeHttp(app);
    unfollowTls?.();
    await store.close();
  }

  try {
    await app.ready();
    // Before anything is changed: a second start by mistake, on a port that is taken, must leave no trace.
    await listen(app.server, config.host, config.port);
    const administrator = await exclusively(() =>
      ensureAdministrator(accounts, {
        ...{ email: extra.adminEmail, givenPassword: extra.adminPassword },
        keepPassword: production ? folder.keepPassword : null,
      }),
    );
    // Beside other nodes what looks left behind may be on its way.
    if (config.redisUrl === null) await removeStrayUploads(db, folder);
    await queue.start();
    started.resolve();
    return { url: baseUrl, production, log, realtime, administrator, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** A secret kept in the data folder lets sessions outlive a restart with nothing set up; production demands a set one. */
function configure(environment: Readonly<Record<string, string | undefined>>) {
  const { config, extra, warnings, sources } = loadConfig(environment, workbenchSettings);
  const folder = openDataFolder(extra.dataDir);
  const secret = sources.get("SIGNALBOX_SECRET") === "default" ? folder.secret() : config.secret;
  return { config: { ...config, secret }, sources, extra, warnings, folder };
}

/** Fastify's own `listen` opens a second server for `localhost`, in front of which the real-time layer would not be. */
function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen({ host, port }, resolve);
  });
}

/** Answers that are under way may end; what takes longer is cut off, or one sleeping upload would keep the server up. */
async function closeHttp(app: FastifyInstance): Promise<void> {
  const cutOff = setTimeout(() => app.server.closeAllConnections(), closingGraceMs);
  await app.close();
  clearTimeout(cutOff);
}

/** The name that a browser on this machine would use. */
function hostInUrl(host: string): string {
  if (["0.0.0.0", "::"].includes(host)) return "localhost";
  return host.includes(":") ? `[${host}]` : host;
}

/** By the route that matched: there is more than one way to write an address. */
const isApi = ({ routeOptions }: FastifyRequest): boolean => routeOptions.url?.startsWith("/api/") === true;
