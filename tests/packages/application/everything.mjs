// Uses every part of the packages once, and prints the parts that worked. Plain JavaScript: the oldest supported Node runs it.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { join } from "node:path";
import { promisify } from "node:util";
import { createClients } from "@signalbox/client";
import { openNotifications } from "@signalbox/client/notifications";
import { createMemoryStore, createRealtime, loadConfig } from "@signalbox/server";
import { bearerTokens } from "@signalbox/server/bearer";
import { betterAuthSessions, sessionChanges } from "@signalbox/server/better-auth";
import { attachBullMQ } from "@signalbox/server/bullmq";
import { expressSessions } from "@signalbox/server/express-session";
import { openPostgres } from "@signalbox/server/postgres";
import { connectRedis } from "@signalbox/server/redis";
import { createSqlStore, openSqlite } from "@signalbox/server/sql";
import { createTestSessions } from "@signalbox/server/testing";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { Queue, QueueEvents, Worker } from "bullmq";
import express from "express";
import session, { MemoryStore } from "express-session";
import { SignJWT } from "jose";

const [redisUrl, postgresUrl] = process.argv.slice(2);
/** Warnings and errors of a server belong into the output of a failed test. */
const report = (fields, message) => void process.stderr.write(`${message} ${JSON.stringify(fields)}\n`);
const quiet = { debug() {}, info() {}, warn: report, error: report };
const works = [];

/** Starts a server, lets `use` work with it, and stops it. */
async function withServer(options, use) {
  const httpServer = createServer(options.app);
  await new Promise((listening) => httpServer.listen(0, "127.0.0.1", listening));
  const url = `http://127.0.0.1:${httpServer.address().port}`;
  const environment = { NODE_ENV: "test", HOST: "127.0.0.1", PORT: new URL(url).port, ...options.environment };
  const { config } = loadConfig(environment);
  const cluster = options.environment?.REDIS_URL && connectRedis(config, { logger: quiet });
  const { sessions, store = createMemoryStore() } = options;
  const realtime = createRealtime({ httpServer, config, sessions, store, logger: quiet, ...(cluster && { cluster }) });
  try {
    return await use({ realtime, url });
  } finally {
    await realtime.close();
    httpServer.closeAllConnections();
    await new Promise((closed) => httpServer.close(closed));
  }
}

/** Follows a task and a notification of a user from another server or the same one. */
async function follow({ url, realtime }, reporting, userId, credentials) {
  const clients = createClients({ url, share: false, ...credentials });
  const centre = openNotifications(clients);
  try {
    const task = await reporting.progress.create({ kind: "import", title: "Customers", owner_id: userId });
    const seen = (async () => {
      for await (const { task: state } of clients.user().tasks.watch(task.task_id))
        if (state?.status === "completed") return state.result;
    })();
    await reporting.progress.report(task.task_id, { status: "running", current: 3, total: 12 });
    await reporting.progress.complete(task.task_id, { rows: 1200 });
    assert.deepEqual(await seen, { rows: 1200 });
    await realtime.notify.user(userId, { type: "done", title: "Imported", message: "1,200 rows" });
    await new Promise((told) => centre.subscribe(({ unread }) => unread === 1 && told()));
  } finally {
    clients.close();
  }
}

const origin = (url) => ({ origin: url });
const testSession = (userId) => {
  const sessions = createTestSessions();
  const { cookie } = sessions.signIn({ userId });
  return { sessions, headers: (url) => ({ headers: { ...origin(url), cookie } }) };
};

async function part(name, run) {
  await run();
  works.push(name);
}

const sqlite = openSqlite(":memory:");
const postgres = openPostgres(postgresUrl, { log: quiet });
const stores = {
  memory: createMemoryStore(),
  sqlite: await createSqlStore(sqlite.kysely),
  postgres: await createSqlStore(postgres.kysely),
};
for (const [name, store] of Object.entries(stores))
  for (const transports of ["polling", "websocket"])
    await part(`${name} over ${transports}`, async () => {
      // The database of a service is the same in every run.
      const userId = randomUUID();
      const { sessions, headers } = testSession(userId);
      const environment = { SOCKETIO_TRANSPORTS: transports };
      await withServer({ sessions, store, environment }, (server) =>
        follow(server, server.realtime, userId, headers(server.url)),
      );
    });

await part("cluster", async () => {
  const { sessions, headers } = testSession("ada");
  const options = { sessions, store: createMemoryStore(), environment: { REDIS_URL: redisUrl } };
  await withServer(options, (one) =>
    withServer(options, (other) => follow(other, one.realtime, "ada", headers(other.url))),
  );
});

await part("BullMQ", async () => {
  const { hostname: host, port } = new URL(redisUrl);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null };
  const { sessions, headers } = testSession("ada");
  await withServer({ sessions }, async ({ realtime, url }) => {
    const events = new QueueEvents("imports", { connection });
    await events.waitUntilReady();
    const attached = attachBullMQ(events, realtime.progress, { ownerOf: (job) => job.data.owner, logger: quiet });
    const worker = new Worker("imports", async () => ({ rows: 7 }), { connection });
    const queue = new Queue("imports", { connection });
    const clients = createClients({ url, share: false, ...headers(url) });
    const job = await queue.add("import", { owner: "ada" });
    for await (const { task } of clients.user().tasks.watch(`imports:${job.id}`))
      if (task?.status === "completed") break;
    clients.close();
    await attached.close();
    for (const each of [worker, queue, events]) await each.close();
  });
});

await part("bearer", async () => {
  const key = new TextEncoder().encode("a key of the tests that is long enough");
  const names = { issuer: "accounts", audience: "workbench" };
  const sessions = bearerTokens({
    ...{ key, algorithms: ["HS256"], ...names },
    userOf: ({ sub }) => sub && { userId: sub, username: sub, role: "user" },
  });
  const token = await new SignJWT({})
    .setProtectedHeader({ alg: "HS256" })
    .setSubject("ada")
    .setIssuedAt()
    .setIssuer(names.issuer)
    .setAudience(names.audience)
    .setExpirationTime("1h")
    .sign(key);
  await withServer({ sessions }, (server) =>
    follow(server, server.realtime, "ada", { headers: origin(server.url), token: async () => token }),
  );
});

const cookieOf = (response) =>
  response.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");

await part("express-session", async () => {
  const store = new MemoryStore();
  const secret = "a secret of the tests";
  const app = express();
  app.use(session({ store, secret, resave: false, saveUninitialized: false }));
  app.post("/login", (req, res) => {
    req.session.user = "ada";
    res.json({});
  });
  const userOf = ({ user }) => user && { userId: user, username: user, role: "user" };
  await withServer({ app, sessions: expressSessions({ store, secret, userOf }) }, async (server) => {
    const cookie = cookieOf(await fetch(`${server.url}/login`, { method: "POST" }));
    await follow(server, server.realtime, "ada", { headers: { ...origin(server.url), cookie } });
  });
});

await part("Better Auth", async () => {
  const auth = betterAuth({
    ...{ baseURL: "http://127.0.0.1:5000", secret: "a secret of the tests, long enough for it" },
    ...{ database: { db: openSqlite(":memory:").kysely, type: "sqlite" }, emailAndPassword: { enabled: true } },
    ...{ logger: { disabled: true }, plugins: [sessionChanges()] },
  });
  await (await getMigrations(auth.options)).runMigrations();
  const body = { email: "ada@example.com", password: "correct horse battery staple", name: "Ada" };
  const response = await auth.api.signUpEmail({ body, asResponse: true });
  const cookie = cookieOf(response);
  const { user } = await response.json();
  await withServer({ sessions: betterAuthSessions(auth) }, (server) =>
    follow(server, server.realtime, user.id, { headers: { ...origin(server.url), cookie } }),
  );
});

await part("command", async () => {
  const { sessions } = testSession("ada");
  await withServer({ sessions }, async ({ url }) => {
    const bin = join(import.meta.dirname, "../node_modules/@signalbox/cli/bin/signalbox.js");
    const { stdout } = await promisify(execFile)(process.execPath, [
      bin,
      "explain-origin",
      "https://example.org",
    ]).catch((error) => error);
    assert.match(stdout, /example\.org/);
    const report = await promisify(execFile)(process.execPath, [bin, "doctor", url, "--json"]).catch((error) => error);
    assert.ok(JSON.parse(report.stdout));
  });
});

await sqlite.kysely.destroy();
await postgres.kysely.destroy();
process.stdout.write(JSON.stringify({ version: process.version, works }));
process.exit();
