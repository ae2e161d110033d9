/** A custom server of Next.js: one HTTP server for pages, routes, Next's own WebSocket and Signalbox. */
import { createServer } from "node:http";
import { createRealtime, loadConfig, type Realtime } from "@signalbox/server";
import next from "next";
import { sessions, signIn, signOut } from "./sessions.ts";

declare global {
  var signalbox: { realtime: Realtime; signIn: typeof signIn; signOut: typeof signOut };
}

const { config } = loadConfig();
const app = next({ dev: config.mode !== "production", hostname: config.host, port: config.port });
await app.prepare();
const handle = app.getRequestHandler();
const upgrade = app.getUpgradeHandler();

// #region signalbox
const httpServer = createServer((req, res) => handle(req, res));
// Next is told of its own upgrades only: an upgrade has one answer.
httpServer.on("upgrade", (req, socket, head) => {
  if (req.url?.startsWith("/_next/")) void upgrade(req, socket, head);
});
const realtime = createRealtime({ httpServer, config, sessions });
// Next bundles routes apart from this file: they find the layer where both can see it.
globalThis.signalbox = { realtime, signIn, signOut };
// #endregion

httpServer.listen(config.port, config.host);

// #region stop
process.once("SIGTERM", async () => {
  await realtime.close();
  // Pages hold connections open, such as the one by which Next reloads them in development.
  httpServer.closeAllConnections();
  httpServer.close();
  await app.close();
  // Next's development server leaves file watchers behind, which would keep the process alive.
  process.exit();
});
// #endregion
