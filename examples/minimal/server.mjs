import { createServer } from "node:http";
import { createRealtime, loadConfig } from "@signalbox/server";
import { expressSessions } from "@signalbox/server/express-session";
import express from "express";
import session, { MemoryStore } from "express-session";

// Your application: Express, and a sign-in with express-session.
const [app, store, secret] = [express(), new MemoryStore(), "exchange this text for a secret"];
app.use(session({ store, secret, resave: false, saveUninitialized: false }));
app.post("/sign-in", (req, res) => {
  req.session.user = { userId: "ada", username: "Ada", role: "user" };
  res.send("You are signed in as Ada.");
});

// Signalbox.
const httpServer = createServer(app);
const { config } = loadConfig(process.env);
const sessions = expressSessions({ store, secret, userOf: ({ user }) => user });
const realtime = createRealtime({ httpServer, config, sessions });
app.post("/import", async (req, res) => {
  const { userId } = await realtime.authorize(req);
  const { task_id } = await realtime.progress.create({ kind: "import", title: "Customers", owner_id: userId });
  res.json({ task_id });
  await realtime.progress.report(task_id, { status: "running", current: 3, total: 12 });
  await realtime.progress.complete(task_id, { rows: 1200 });
});
httpServer.listen(config.port, config.host);
