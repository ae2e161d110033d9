/**
 * A Fastify application with accounts of Better Auth in SQLite, to which Signalbox was added: what that took stands in the
 * region below. Everything is in memory, and gone with the process.
 */
import { readFileSync } from "node:fs";
import { createLog, createRealtime, httpStatusOf, loadConfig, Refusal } from "@signalbox/server";
import { betterAuthSessions, sessionChanges } from "@signalbox/server/better-auth";
import { createSqlStore, openSqlite, type SignalboxTables } from "@signalbox/server/sql";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { toNodeHandler } from "better-auth/node";
import { fastify } from "fastify";
import { createPractice } from "../express/practice.ts";

const { config } = loadConfig(process.env);
const { kysely } = openSqlite<SignalboxTables>(":memory:");
const url = config.publicUrl ?? `http://${config.host}:${config.port}`;
const app = fastify();

const auth = betterAuth({
  database: { db: kysely, type: "sqlite" },
  baseURL: url,
  secret: config.secret,
  trustedOrigins: [...config.corsOrigins],
  emailAndPassword: { enabled: true },
  telemetry: { enabled: false },
  // Tells Signalbox of every session that ends.
  plugins: [sessionChanges()],
});
await (await getMigrations(auth.options)).runMigrations();

app.register(async (scope) => {
  // Better Auth reads the body itself.
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("*", (_request, _body, done) => done(null));
  const answer = toNodeHandler(auth);
  scope.all("/api/auth/*", (request, reply) => {
    reply.hijack();
    void answer(request.raw, reply.raw);
  });
});

// #region signalbox
const realtime = createRealtime({
  httpServer: app.server,
  config,
  sessions: betterAuthSessions(auth),
  store: await createSqlStore(kysely),
  tasks: { cancel: (task) => practice.cancel(task.task_id) },
});
// #endregion

const practice = createPractice(realtime.progress);

app.post("/practice", async (request, reply) => {
  const { userId } = await realtime.authorize(request.raw);
  return reply.code(202).send({ task_id: await practice.start(userId) });
});
app.setErrorHandler((error, _request, reply) => {
  if (!(error instanceof Refusal)) throw error;
  reply.code(httpStatusOf(error.code)).send({ error: error.toMessage(config.mode !== "production") });
});
app.get("/", (_request, reply) => reply.type("text/html").send(readFileSync(new URL("page.html", import.meta.url))));

await app.ready();
const log = createLog(config);
app.server.once("error", ({ message }) => {
  process.stderr.write(`The server cannot start: ${message}. Set PORT to a free port.\n`);
  process.exit(1);
});
// Fastify's own `listen` opens a second server for `localhost`, in front of which Signalbox would not be.
app.server.listen(config.port, config.host, () => log.info({ url }, "Listening."));

process.once("SIGTERM", async () => {
  await realtime.close();
  // A connection that never sends a request would keep the process alive.
  setTimeout(() => app.server.closeAllConnections(), 2000).unref();
  await app.close();
});
