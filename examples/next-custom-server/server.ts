/**
 * A custom server of the kind that Next.js has: one HTTP server for pages, routes, Next's own WebSocket and Signalbox.
 * `next.ts` stands in for the package `next`, with the calls that a custom server makes, so that the example starts at once.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createLog, createRealtime, loadConfig } from "@signalbox/server";
import { sessions } from "./app/sessions.ts";
import next from "./next.ts";

const { config } = loadConfig(process.env);
const app = next({ dev: config.mode !== "production", hostname: config.host, port: config.port });
await app.prepare();
const handle = app.getRequestHandler();
const upgrade = app.getUpgradeHandler();

// #region signalbox
const httpServer = createServer((req, res) => handle(req, res));
// Each is told of its own upgrades only: an upgrade has one answer.
httpServer.on("upgrade", (req, socket, head) => {
  if (req.url?.startsWith("/_next/")) void upgrade(req, socket, head);
});
const realtime = createRealtime({ httpServer, config, sessions });
// Routes are bundled apart from this file: they find the layer where both can see it.
globalThis.realtime = realtime;
// #endregion

const log = createLog(config);
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
  // In development Next keeps file watchers and WebSockets open, which would keep the process alive.
  setTimeout(() => process.exit(0), 2000).unref();
  await app.close();
  httpServer.close(() => process.exit(0));
});
// #endregion
