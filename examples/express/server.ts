/**
 * An Express application with a login and sessions of its own, to which Signalbox was added: what that took stands in
 * the region below. Start it with `npm start` in this folder.
 */
import { randomBytes } from "node:crypto";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { createLog, createRealtime, httpStatusOf, loadConfig, Refusal } from "@signalbox/server";
import { expressSessions } from "@signalbox/server/express-session";
import express, { type ErrorRequestHandler } from "express";
import session, { MemoryStore } from "express-session";
import { createPractice } from "./practice.ts";

declare module "express-session" {
  interface SessionData {
    user: { name: string; role: "user" | "admin" };
  }
}

const app = express();
// #region server
const httpServer = createServer(
  { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 },
  app,
);
// #endregion
const store = new MemoryStore();
const secret = process.env.SESSION_SECRET ?? randomBytes(32).toString("base64url");

app.use(session({ store, secret, resave: false, saveUninitialized: false, cookie: { sameSite: "lax" } }));
app.use(express.static(fileURLToPath(new URL("public", import.meta.url))));
app.use(
  "/socket.io-client.js",
  express.static(fileURLToPath(import.meta.resolve("socket.io-client/dist/socket.io.js"))),
);

app.post("/login", express.urlencoded({ extended: false }), (req, res, next) => {
  const name = String(req.body?.name ?? "");
  if (!/^\w{1,32}$/.test(name)) return void res.status(400).send("A name has 1 to 32 letters, digits or underscores.");
  // A session id from before the login may be known to another person: the signed-in session gets a new one.
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = { name, role: name === "admin" ? "admin" : "user" };
    res.redirect(303, "/");
  });
});

app.post("/logout", (req, res, next) => {
  req.session.destroy((error) => (error ? next(error) : res.redirect(303, "/")));
});

// #region signalbox
const { config, warnings } = loadConfig(process.env);
const realtime = createRealtime({
  httpServer,
  config,
  sessions: expressSessions({
    store,
    secret,
    userOf: ({ user }) => user && { userId: user.name, username: user.name, role: user.role },
  }),
  tasks: { cancel: (task) => practice.cancel(task.task_id) },
});
// #endregion

const practice = createPractice(realtime.progress);

// #region route
app.post("/practice", async (req, res) => {
  const { userId } = await realtime.authorize(req);
  res.status(202).json({ task_id: await practice.start(userId) });
});

const answerRefusals: ErrorRequestHandler = (error, _req, res, next) => {
  if (!(error instanceof Refusal)) return next(error);
  res.status(httpStatusOf(error.code)).json({ error: error.toMessage(config.mode !== "production") });
};
app.use(answerRefusals);
// #endregion

const log = createLog(config);
for (const warning of warnings) log.warn({}, warning);
httpServer.once("error", ({ message }) => {
  process.stderr.write(`The server cannot start: ${message}. Set PORT to a free port.\n`);
  process.exit(1);
});
httpServer.listen(config.port, config.host, () => {
  const { port } = httpServer.address() as AddressInfo;
  log.info({ url: `http://${config.host}:${port}` }, "Listening.");
});

// #region stop
process.once("SIGTERM", async () => {
  await realtime.close();
  httpServer.close();
  // A connection that never sends a request would keep the process alive.
  setTimeout(() => httpServer.closeAllConnections(), 2000).unref();
});
// #endregion
