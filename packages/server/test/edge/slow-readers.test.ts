/** A client that does not read costs a megabyte at most, and nobody else anything. */
import { connect } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import {
  connectClient,
  rawRequest,
  startTestServer,
  type TestServer,
  upgradeHeaders,
} from "../../src/testing/index.ts";
import { openSid, pollingPath } from "./raw-socket.ts";

async function start(): Promise<TestServer> {
  const server = await startTestServer({ env: { SOCKETIO_REQUIRE_AUTH: "false" } });
  onTestFinished(() => server.close());
  return server;
}

/** A client's masked text frame (RFC 6455 section 5.2) with the packet `40`. */
const connectFrame = Buffer.from([0x81, 0x82, 0, 0, 0, 0, 0x34, 0x30]);
const connections = (server: TestServer): number => server.realtime.io.engine.clientsCount;
const inRoom = (server: TestServer): number => server.realtime.io.of("/").sockets.size;

describe("a client that never reads", () => {
  it("over WebSocket is cut off at 1 MB, its TCP connection included; one that reads gets everything", async () => {
    const server = await start();
    const socket = connect(server.port, "127.0.0.1");
    onTestFinished(() => void socket.destroy());
    socket.on("error", () => {});
    socket.write(
      rawRequest("GET", "/socket.io/?EIO=4&transport=websocket", [...upgradeHeaders, ["Origin", server.url]]),
    );
    await new Promise((resolve) => socket.once("data", resolve));
    socket.write(connectFrame);
    await expect.poll(() => inRoom(server)).toBe(1);
    socket.pause();
    const reader = await connectClient(server.url);
    onTestFinished(() => reader.close());

    let sent = 0;
    const text = "y".repeat(10_000);
    const started = Date.now();
    while (connections(server) === 2 && Date.now() - started < 8000) {
      for (let n = 0; n < 50; n += 1) server.realtime.io.emit("news", text);
      sent += 50;
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
    expect(connections(server)).toBe(1);
    expect(inRoom(server)).toBe(1);
    await expect.poll(() => reader.received("news").length).toBe(sent);
    expect(server.logged).toContainEqual(
      expect.objectContaining({
        fields: expect.objectContaining({
          request_id: expect.any(String),
          security: expect.objectContaining({ type: "rate_limited", detail: expect.stringContaining("did not read") }),
        }),
      }),
    );
  });

  it("by not polling is cut off as well, and below 1 MB is not", async () => {
    const server = await start();
    const sid = await openSid(server);
    const headers = { Origin: server.url, "Content-Type": "text/plain" };
    await fetch(`${server.url}${pollingPath(sid)}`, { method: "POST", headers, body: "40" });
    await expect.poll(() => inRoom(server)).toBe(1);
    server.realtime.io.emit("news", "y".repeat(900_000));
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(connections(server)).toBe(1);
    server.realtime.io.emit("news", "y".repeat(200_000));
    await expect.poll(() => connections(server), { timeout: 2000 }).toBe(0);
  });
});
