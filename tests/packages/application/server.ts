/** An application that installed @signalbox/server and nothing else: it serves a folder, and makes tasks that end. */
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createRealtime, loadConfig } from "@signalbox/server";

const [folder = "."] = process.argv.slice(2);
const contentTypes = new Map([
  ["js", "text/javascript"],
  ["html", "text/html; charset=utf-8"],
]);

const httpServer = createServer(async (req, res) => {
  const { pathname } = new URL(req.url ?? "/", "http://localhost");
  if (req.method === "POST" && pathname === "/tasks") {
    const { task_id } = await realtime.progress.create({ kind: "import", title: "Customers", owner_id: "visitor" });
    res.end(task_id);
    await realtime.progress.report(task_id, { status: "running", current: 3, total: 12 });
    await realtime.progress.complete(task_id, { rows: 1200 });
    return;
  }
  const file = pathname === "/" ? "index.html" : pathname.slice(1);
  try {
    const content = readFileSync(join(folder, file));
    res.setHeader("Content-Type", contentTypes.get(file.split(".").at(-1) ?? "") ?? "text/plain").end(content);
  } catch {
    res.writeHead(404).end();
  }
});
await new Promise<void>((listening) => httpServer.listen(0, "127.0.0.1", listening));
const { port } = httpServer.address() as AddressInfo;

const { config } = loadConfig({ HOST: "127.0.0.1", PORT: String(port), SOCKETIO_LOG_LEVEL: "error" });
const realtime = createRealtime({
  ...{ httpServer, config },
  sessions: {
    credentialOf: () => ({ kind: "bearer", value: "visitor" }),
    resolve: async () => ({ ref: "visitor", userId: "visitor", username: "visitor", role: "user", expiresAt: null }),
  },
});
process.stdout.write(`http://127.0.0.1:${port}\n`);
