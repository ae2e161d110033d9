/** The server refuses incompatible runtimes and tools at the start, with a message. */

import { createServer } from "node:http";
import { instrument } from "@socket.io/admin-ui";
import { expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { createRealtime } from "../../src/create-realtime.ts";
import { connectClient, createTestSessions, startTestServer } from "../../src/testing/index.ts";

it("createRealtime refuses to start on Bun, and leaves the server as it was", () => {
  const { versions } = process;
  onTestFinished(() => void Object.defineProperty(process, "versions", { value: versions }));
  Object.defineProperty(process, "versions", { value: { ...versions, bun: "1.3.0" } });
  const httpServer = createServer();
  const { config } = loadConfig({ NODE_ENV: "test" });
  const start = () => createRealtime({ httpServer, config, sessions: createTestSessions() });
  expect(start).toThrow("Signalbox does not run on Bun (this is Bun 1.3.0): start the server with Node.js.");
  expect(httpServer.listenerCount("request") + httpServer.listenerCount("upgrade")).toBe(0);
});

it.each([{}, { namespaceName: "/inspector" }, { mode: "development" as const, readonly: true }])(
  "instrument(io) of @socket.io/admin-ui with %j is refused, and /admin works",
  async (options) => {
    const server = await startTestServer();
    onTestFinished(() => server.close());
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const run = () => instrument(server.realtime.io as never, { auth: false, ...options });
    expect(run).toThrow(/^instrument\(io\) of @socket.io\/admin-ui does not go with Signalbox/);
    const client = await connectClient(server.url, { cookie, namespace: "/admin" });
    onTestFinished(() => client.close());
    expect(await client.request("list_connections", {})).toMatchObject({ ok: true });
  },
);
