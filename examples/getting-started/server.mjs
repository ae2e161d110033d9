import { createServer } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { createRealtime, httpStatusOf, loadConfig, Refusal } from "@signalbox/server";
import { expressSessions } from "@signalbox/server/express-session";
import express from "express";
import session, { MemoryStore } from "express-session";

const app = express();
const httpServer = createServer(app);
const store = new MemoryStore();
const secret = process.env.SESSION_SECRET ?? "a text for development only";

app.use(session({ store, secret, resave: false, saveUninitialized: false, cookie: { sameSite: "lax" } }));
app.use(express.static("public"));
// The browser loads these modules by the import map of the page. With a bundler the three lines go.
app.use("/modules/client", express.static("node_modules/@signalbox/client/dist"));
app.use("/modules/protocol", express.static("node_modules/@signalbox/protocol/dist"));
app.use("/modules/socket.io-client", express.static("node_modules/socket.io-client/dist"));

// Stands in for your own sign-in. A session id from before the sign-in may be known to others, so it is replaced.
app.post("/sign-in", (req, res, next) => {
  req.session.regenerate((error) => {
    if (error) return next(error);
    req.session.user = { userId: "ada", username: "Ada", role: "user" };
    res.sendStatus(204);
  });
});

const { config } = loadConfig(process.env);
const sessions = expressSessions({ store, secret, userOf: ({ user }) => user });
const realtime = createRealtime({ httpServer, config, sessions });

app.post("/import", async (req, res) => {
  const { userId } = await realtime.authorize(req);
  const { task_id } = await realtime.progress.create({ kind: "import", title: "Customers", owner_id: userId });
  res.status(202).json({ task_id });
  for (let current = 1; current <= 12; current += 1) {
    await delay(250);
    await realtime.progress.report(task_id, { status: "running", current, total: 12 });
  }
  await realtime.progress.complete(task_id, { rows: 1200 });
});

app.use((error, _req, res, next) => {
  if (!(error instanceof Refusal)) return next(error);
  res.status(httpStatusOf(error.code)).json({ error: error.toMessage(config.mode !== "production") });
});

httpServer.once("error", ({ message }) => {
  process.stderr.write(`The server cannot start: ${message}. Set PORT to a free port.\n`);
  process.exit(1);
});
httpServer.listen(config.port, config.host, () => {
  process.stdout.write(`The application is running at http://localhost:${config.port}\n`);
});

process.once("SIGTERM", async () => {
  await realtime.close();
  httpServer.close();
  // A connection that never sends a request would keep the process alive.
  setTimeout(() => httpServer.closeAllConnections(), 2000).unref();
});
