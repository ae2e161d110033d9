/**
 * A queue and a worker that were there before, and live progress of their jobs in the browser. Needs a Redis: start it with
 * `REDIS=redis://localhost:6379 npm start` in this folder, and open the address that it prints.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createLog, createRealtime, loadConfig } from "@signalbox/server";
import { attachBullMQ } from "@signalbox/server/bullmq";
import { Queue, QueueEvents } from "bullmq";
import { startWorker } from "./worker.ts";

if (process.env.REDIS === undefined) {
  process.stderr.write("Set REDIS to the address of a Redis, such as redis://localhost:6379.\n");
  process.exit(1);
}
const { hostname, port } = new URL(process.env.REDIS);
const connection = { host: hostname, port: Number(port || 6379), maxRetriesPerRequest: null };
const page = readFileSync(new URL("page.html", import.meta.url));
const script = readFileSync(new URL(import.meta.resolve("socket.io-client/dist/socket.io.js")));

const queue = new Queue("reports", { connection });
const queueEvents = new QueueEvents("reports", { connection });
const worker = startWorker(connection);

const httpServer = createServer(async (req, res) => {
  if (req.method === "POST" && req.url === "/reports") {
    const { id } = await queue.add("report", { pages: 10, owner: "visitor" });
    res.setHeader("Content-Type", "application/json").end(JSON.stringify({ task_id: `reports:${id}` }));
  } else if (req.url === "/socket.io-client.js") res.setHeader("Content-Type", "text/javascript").end(script);
  else res.setHeader("Content-Type", "text/html; charset=utf-8").end(page);
});

// #region signalbox
const { config } = loadConfig(process.env);
const logger = createLog(config);
const realtime = createRealtime({
  ...{ httpServer, config, logger },
  // An application has sessions; here everybody is the same visitor.
  sessions: {
    credentialOf: () => ({ kind: "bearer", value: "visitor" }),
    resolve: async () => ({ ref: "visitor", userId: "visitor", username: "visitor", role: "user", expiresAt: null }),
  },
  tasks: { cancel: (task) => jobs.cancel(task) },
});
const jobs = attachBullMQ(queueEvents, realtime.progress, {
  ownerOf: (job) => job.data.owner,
  titleOf: (job) => `A report of ${job.data.pages} pages`,
  logger,
});
// #endregion

httpServer.once("error", ({ message }) => {
  process.stderr.write(`The server cannot start: ${message}. Set PORT to a free port.\n`);
  process.exit(1);
});
httpServer.listen(config.port, config.host, () => {
  const { port: listening } = httpServer.address() as AddressInfo;
  logger.info({ url: `http://${config.host}:${listening}` }, "Listening.");
});

process.once("SIGTERM", async () => {
  await jobs.close();
  await realtime.close();
  await Promise.all([worker.close(), queueEvents.close(), queue.close()]);
  httpServer.close();
  // A connection that never sends a request would keep the process alive.
  setTimeout(() => httpServer.closeAllConnections(), 2000).unref();
});
