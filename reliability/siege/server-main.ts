/** The besieged server, a process of its own, with every guard at its default and a beat for each bystander. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { createRealtime, loadConfig } from "@signalbox/server";
import { createTestSessions } from "@signalbox/server/testing";
import { createMemoryStore } from "../../packages/server/src/store/memory.ts";
import { withheldOf } from "../../packages/server/src/testing/withheld.ts";
import { type Ask, type Beat, beatMs, type Calls, canary, type FromServer, monotonicMs, type Name } from "./calls.ts";

const say = (message: FromServer): void => void process.send?.(message, () => {});
const fault = (error: unknown): void =>
  say({ type: "fault", detail: error instanceof Error ? (error.stack ?? error.message) : String(error) });
process.on("uncaughtException", fault);
process.on("unhandledRejection", fault);
process.on("disconnect", () => process.exit());

const { config } = loadConfig(process.env);
const httpServer = createServer((_req, res) => res.writeHead(404, { "Content-Length": 0 }).end());
const sessions = createTestSessions();
const store = createMemoryStore({ maxSecurityEvents: config.securityLogRows });
const quiet = { debug() {}, info() {}, warn() {}, error: (fields: { err?: unknown }) => fault(fields.err) };
const { io } = createRealtime({ httpServer, config, sessions, store, logger: quiet });

// Each beat is a word for one person and made for them: nothing of it can wait or be left out.
setInterval(() => {
  const withheld = withheldOf("self");
  for (const [room] of io.of("/").adapter.rooms) {
    if (!room.startsWith("user:bystander")) continue;
    io.to(room).emit("beat", { sentMs: monotonicMs(), withheldMs: withheld, canary } satisfies Beat);
  }
}, beatMs);

const answers: { [Each in Name]: (ask: Calls[Each]["ask"]) => Promise<Calls[Each]["answer"]> } = {
  async signIn({ expiresInMs, ...who }) {
    return sessions.signIn({ ...who, ...(expiresInMs !== undefined && { expiresAt: Date.now() + expiresInMs }) });
  },
  async revoke({ userId, how }) {
    const at = Date.now();
    if (how === "role_changed") sessions.setRole(userId, "user");
    else sessions.end({ userId }, how);
    return { at };
  },
  async log() {
    const counts: Record<string, number> = {};
    let lines = 0;
    for (let after: string | undefined; ; ) {
      const page = await store.securityEvents.list({ limit: 500, ...(after !== undefined && { after }) });
      for (const { type, count } of page.rows) counts[type] = (counts[type] ?? 0) + count;
      lines += page.rows.length;
      if (page.next === null) return { lines, counts };
      after = page.next;
    }
  },
  async heap() {
    globalThis.gc?.();
    return { bytes: process.memoryUsage().heapUsed, connections: io.engine.clientsCount };
  },
};

process.on("message", ({ id, name, ask }: Ask) => {
  const run = answers[name] as (ask: object) => Promise<object>;
  run(ask).then((answer) => say({ type: "answer", id, answer }), fault);
});
httpServer.listen(0, "127.0.0.1", () => say({ type: "ready", port: (httpServer.address() as AddressInfo).port }));
