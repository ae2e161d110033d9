/** A development server that evaluates the application's modules again: Vite's own, with the module that docs/client.md quotes. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer } from "vite";
import { expect } from "vitest";
import { freePort } from "../../../../scripts/services/free-port.ts";
import { startServer } from "../support/node-clients.ts";
import { test } from "./tab.ts";

const root = join(import.meta.dirname, "../hot");

test("a module that is evaluated again leaves no connection of its last evaluation behind", async ({
  browser,
  onTestFinished,
}) => {
  const port = await freePort();
  const address = `http://localhost:${port}`;
  const server = await startServer({ env: { SOCKETIO_CORS_ORIGINS: address } });
  const cacheDir = await mkdtemp(join(tmpdir(), "vite-"));
  onTestFinished(() => rm(cacheDir, { recursive: true, force: true }));
  const vite = await createServer({
    ...{ root, cacheDir, configFile: false, logLevel: "silent" },
    resolve: { conditions: ["@signalbox/source", "module", "browser", "development"] },
    optimizeDeps: { include: ["socket.io-client"] },
    server: {
      ...{ port, strictPort: true },
      proxy: { "/realtime": server.url, "/socket.io": { target: server.url, ws: true } },
    },
  });
  onTestFinished(() => vite.close());
  await vite.listen();
  let connections = 0;
  server.realtime.io.on("connection", () => {
    connections += 1;
  });

  const context = await browser.newContext();
  onTestFinished(() => context.close());
  const token = server.sessions.signIn({ userId: "ada" }).cookie.split("=")[1] ?? "";
  await context.addInitScript((value) => sessionStorage.setItem("token", value), token);
  const page = await context.newPage();
  await page.goto(address);
  await expect.poll(() => connections).toBe(1);

  const [module] = vite.moduleGraph.getModulesByFile(join(root, "page-main.ts")) ?? [];
  if (module === undefined) throw new Error("The page has not loaded the module.");
  for (const evaluation of [2, 3, 4]) {
    await vite.reloadModule(module);
    await expect.poll(() => connections).toBe(evaluation);
  }
  await expect.poll(() => server.realtime.io.sockets.sockets.size).toBe(1);
});
