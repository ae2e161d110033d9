/** Express 5 in CommonJS: Node loads the packages, which are ES modules, with `require`. */
const { createServer } = require("node:http");
const { createRealtime, httpStatusOf, loadConfig, Refusal } = require("@signalbox/server");
const { expressSessions } = require("@signalbox/server/express-session");
const express = require("express");
const session = require("express-session");

const app = express();
const store = new session.MemoryStore();
const secret = "a secret of the example";
app.use(express.json(), session({ store, secret, resave: false, saveUninitialized: false }));
app.get("/", (_req, res) => res.send("Express"));
app.post("/sign-in", (req, res) => {
  req.session.user = req.body.username;
  res.json({});
});
app.post("/sign-out", (req, res, next) => {
  req.session.destroy((error) => (error ? next(error) : res.json({})));
});

const httpServer = createServer(app);
const { config } = loadConfig();
const userOf = ({ user }) => user && { userId: user, username: user, role: "user" };
const realtime = createRealtime({ httpServer, config, sessions: expressSessions({ store, secret, userOf }) });

app.post("/tasks", async (req, res) => {
  const { userId } = await realtime.authorize(req);
  const { task_id } = await realtime.progress.create({ kind: "import", title: "Customers", owner_id: userId });
  res.status(202).json({ task_id });
  await realtime.progress.complete(task_id, { rows: 2 });
});
app.use((error, _req, res, next) => {
  if (!(error instanceof Refusal)) return next(error);
  res.status(httpStatusOf(error.code)).json({ error: error.toMessage(false) });
});

httpServer.listen(config.port, config.host);
process.once("SIGTERM", async () => {
  await realtime.close();
  httpServer.closeAllConnections();
  httpServer.close();
});
