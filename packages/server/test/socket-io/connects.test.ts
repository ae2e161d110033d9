/**
 * What a connection may request by CONNECT: each namespace once, only namespaces that exist, and one within the time
 * limit.
 */
import { describe, expect, it, onTestFinished } from "vitest";
import {
  connectClient,
  createFakeClock,
  rawRequest,
  refusalOf,
  sendRaw,
  startTestServer,
  type TestServer,
} from "../../src/testing/index.ts";
import { connectPacket, openRaw, openSid, pollingPath } from "../hostile/raw-socket.ts";

async function start(
  env: Record<string, string> = {},
  options: Parameters<typeof startTestServer>[0] = {},
): Promise<TestServer> {
  const server = await startTestServer({ ...options, env });
  onTestFinished(() => server.close());
  return server;
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const securityLines = (server: TestServer): { type: string; code?: string; detail: string; count: number }[] =>
  server.logged.flatMap(({ fields }) => ("security" in fields ? [fields.security as never] : []));
const guests = { SOCKETIO_REQUIRE_AUTH: "false" };

describe("a burst of CONNECTs to one namespace", () => {
  it("makes one socket, and one copy of each emit; the client is told once", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const raw = await openRaw(server, { Cookie: cookie });
    const connect = await connectPacket(server, cookie);
    raw.send(...Array.from({ length: 5 }, () => connect));
    await expect.poll(() => raw.frames.filter((frame) => frame.startsWith("40"))).toHaveLength(1);
    expect(server.realtime.io.of("/").sockets.size).toBe(1);
    server.realtime.io.emit("news", 1);
    await expect.poll(() => raw.frames).toContain('42["news",1]');
    expect(raw.frames.filter((frame) => frame.includes("news") || frame.startsWith("44"))).toHaveLength(1);
    expect(securityLines(server)).toMatchObject([{ type: "payload_invalid" }]);
  });

  it("of more than ten closes the connection, for guests in one polling body as well", async () => {
    const server = await start(guests);
    const raw = await openRaw(server);
    raw.send(...Array.from({ length: 50 }, () => "40"));
    await expect.poll(raw.isOpen).toBe(false);
    const sid = await openSid(server);
    const body = Array.from({ length: 50 }, () => "40").join("\x1e");
    const headers = [["Origin", server.url] as const, ["Content-Type", "text/plain"] as const];
    await sendRaw(server.port, rawRequest("POST", pollingPath(sid), headers, body));
    await expect.poll(() => server.realtime.io.engine.clientsCount).toBe(0);
    expect(server.realtime.io.of("/").sockets.size).toBe(0);
  });

  it("leaves nothing behind, and the namespace can be entered again after leaving it", async () => {
    const server = await start(guests);
    const raw = await openRaw(server);
    const { frames } = raw;
    raw.send("40", "40");
    await expect.poll(() => frames.filter((frame) => frame.startsWith("40"))).toHaveLength(1);
    expect(server.realtime.io.of("/")).toHaveProperty("_preConnectSockets.size", 0);
    raw.send("41");
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(0);
    raw.send("40");
    await expect.poll(() => frames.filter((frame) => frame.startsWith("40"))).toHaveLength(2);
    expect(server.realtime.io.of("/").sockets.size).toBe(1);
  });

  it("that is an application's mistake, connect() called twice, still connects", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const client = await connectClient(server.url, { cookie });
    onTestFinished(() => client.close());
    const second = client.socket.io.socket("/admin", { auth: client.socket.auth as Record<string, unknown> });
    second.connect();
    await expect.poll(() => second.connected).toBe(true);
  });

  it("can connect after a guard of the application has refused the first attempt", async () => {
    const server = await start(guests);
    let closed = true;
    server.realtime.io.of("/").use((_socket, next) => next(closed ? new Error("closed") : undefined));
    const raw = await openRaw(server);
    raw.send("40");
    await expect.poll(() => raw.frames).toContain('44{"message":"closed"}');
    closed = false;
    raw.send("40");
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(1);
  });
});

describe("CONNECTs to namespaces that do not exist", () => {
  it("are written down as one line, and the tenth closes the connection", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const raw = await openRaw(server, { Cookie: cookie });
    raw.send(await connectPacket(server, cookie));
    for (let n = 0; n < 9; n += 1) raw.send(`40/nope${n},`);
    await expect.poll(() => raw.frames.filter((frame) => frame.startsWith("44"))).toHaveLength(9);
    expect(raw.isOpen()).toBe(true);
    for (let n = 0; n < 300; n += 1) raw.send(`40/more${n},`);
    await expect.poll(raw.isOpen).toBe(false);
    expect(securityLines(server)).toMatchObject([{ type: "event_unknown", count: 1 }]);
    expect(securityLines(server)[0]?.detail).toContain("/nope0");
    const metrics = await (await fetch(`${server.url}/metrics`)).text();
    const counted = Number(/signalbox_security_events_total\{type="event_unknown"\} (\d+)/.exec(metrics)?.[1]);
    expect(counted).toBeGreaterThanOrEqual(10);
    expect(counted).toBeLessThan(310);
    expect(metrics).not.toContain("nope");
  });

  it("count the same as CONNECTs to a namespace without a guard", async () => {
    const server = await start();
    server.realtime.io.of("/unguarded");
    const raw = await openRaw(server);
    raw.send(...Array.from({ length: 20 }, () => "40/unguarded,"));
    await expect.poll(raw.isOpen).toBe(false);
    expect(securityLines(server)).toMatchObject([{ code: "forbidden" }]);
  });
});

describe("a connection without a namespace", () => {
  it("is closed after SIGNALBOX_CONNECT_TIMEOUT, also when it has left one", async () => {
    const clock = createFakeClock(Date.now());
    const server = await start({ ...guests, SIGNALBOX_CONNECT_TIMEOUT: "1" }, { clock });
    const raw = await openRaw(server);
    raw.send("40");
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(1);
    clock.advance(1200);
    await pause(1200);
    expect(raw.isOpen()).toBe(true);
    raw.send("41");
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(0);
    clock.advance(900);
    await pause(100);
    expect(raw.isOpen()).toBe(true);
    clock.advance(100);
    await expect.poll(raw.isOpen).toBe(false);
  });

  it("is kept when it enters one again in time", async () => {
    const clock = createFakeClock(Date.now());
    const server = await start({ ...guests, SIGNALBOX_CONNECT_TIMEOUT: "1" }, { clock });
    const raw = await openRaw(server);
    raw.send("40");
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(1);
    raw.send("41");
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(0);
    raw.send("40");
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(1);
    clock.advance(1500);
    await pause(1500);
    expect(raw.isOpen()).toBe(true);
  });

  it("is closed when the server takes the last one from it: a demoted administrator", async () => {
    const server = await start({ SIGNALBOX_CONNECT_TIMEOUT: "1" });
    const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
    const connect = await connectPacket(server, cookie, "/admin,");
    const raw = await openRaw(server, { Cookie: cookie });
    raw.send(connect);
    await expect.poll(() => server.realtime.io.of("/admin").sockets.size).toBe(1);
    server.sessions.setRole("root", "user");
    await expect.poll(() => raw.frames.some((frame) => frame.startsWith("41/admin"))).toBe(true);
    await expect.poll(raw.isOpen).toBe(false);
  });
});

describe("guests", () => {
  it("of one address share a cap and a connection rate; another address has its own", async () => {
    const behind = (ip: string) => ({ headers: { "X-Forwarded-For": ip } });
    for (const [setting, code] of [
      ["SIGNALBOX_MAX_CONNECTIONS_PER_USER", "too_many_connections"],
      ["SIGNALBOX_CONNECT_RATE_PER_USER", "rate_limited"],
    ] as const) {
      const server = await start({ ...guests, [setting]: "2", TRUST_PROXY: "loopback" });
      const enter = async (ip: string) => {
        const client = await connectClient(server.url, behind(ip));
        onTestFinished(() => client.close());
        return client;
      };
      const first = await enter("2001:db8:1:2::1");
      await enter("2001:db8:1:2::2");
      expect((await refusalOf(server.url, behind("2001:db8:1:2::3"))).code).toBe(code);
      await enter("2001:db8:1:3::1");
      const { rooms } = await first.next("connection_established");
      expect(JSON.stringify(rooms)).not.toContain("2001");
    }
  });

  it("of one address share a message budget", async () => {
    const server = await start({ ...guests, SIGNALBOX_MESSAGE_BURST: "3", SIGNALBOX_MESSAGE_RATE: "1" });
    const clients = await Promise.all([connectClient(server.url), connectClient(server.url)]);
    onTestFinished(() => clients.forEach((client) => void client.close()));
    const requests = clients.flatMap((client) => [0, 1, 2].map(() => client.request("leave_task", { task_id: "x" })));
    expect((await Promise.all(requests)).filter(({ ok }) => ok)).toHaveLength(3);
  });

  it("by polling are told apart by the address they came from, though their first request is long gone", async () => {
    const server = await start({ ...guests, SIGNALBOX_MAX_CONNECTIONS_PER_USER: "1", TRUST_PROXY: "loopback" });
    for (const ip of ["203.0.113.1", "203.0.113.2"]) {
      const forwarded = { "X-Forwarded-For": ip };
      const sid = await openSid(server, forwarded);
      await pause(50);
      const headers = Object.entries({ Origin: server.url, "Content-Type": "text/plain", ...forwarded });
      await sendRaw(server.port, rawRequest("POST", pollingPath(sid), headers, "40"));
    }
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(2);
    const ips = [...server.realtime.io.of("/").sockets.values()].map(({ data }) => data.ip);
    expect(ips.sort()).toEqual(["203.0.113.1", "203.0.113.2"]);
  });
});
