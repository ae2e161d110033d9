/** A server that announces its end may close namespaces or transports afterwards: clients come back either way. */
import { transports } from "@signalbox/server/testing";
import { describe, expect, it } from "vitest";
import { connect, connected, reached, startServer, status } from "../support/node-clients.ts";

type Server = Awaited<ReturnType<typeof startServer>>;

const endings: [how: string, end: (server: Server) => void][] = [
  ["disconnects the namespaces", ({ realtime }) => void realtime.io.disconnectSockets()],
  ["disconnects the connections", ({ realtime }) => void realtime.io.disconnectSockets(true)],
  ["closes the transports", closeTransports],
];

function closeTransports({ realtime }: Server): void {
  const { clients } = realtime.io.engine as unknown as { clients: Record<string, { close(): void }> };
  for (const connection of Object.values(clients)) connection.close();
}

describe.each(transports)("over %s", (transport) => {
  it.each(endings)("a server that drains and %s is restarting, and is returned to when it said", async (_how, end) => {
    const server = await startServer({ env: { SOCKETIO_TRANSPORTS: transport, SOCKETIO_RECONNECTION_DELAY: "100" } });
    const clients = connect({ origin: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    const user = clients.user();
    await connected(clients);
    const announced = new Promise((resolve) => user.on("server_draining", resolve));
    const restarting = reached(clients.state, status("reconnecting", "server_restarting"));
    server.realtime.io.emit("server_draining", { reconnect_after_ms: 200 });
    await announced;
    end(server);
    const { nextAttemptAt, since } = await restarting;
    expect((nextAttemptAt ?? 0) - since).toBeGreaterThanOrEqual(200);
    await connected(clients);
  });
});
