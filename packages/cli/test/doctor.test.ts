/**
 * The doctor on healthy servers, and on servers with one of ten planted faults: it finds each fault and names the fix.
 */
import { readFileSync } from "node:fs";
import { createServer as createPlainServer } from "node:http";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../../scripts/services/free-port.ts";
import { startNginx } from "../../../scripts/services/nginx.ts";
import { systemClock } from "../../server/src/core/clock.ts";
import { createRealtime, loadConfig } from "../../server/src/index.ts";
import { createTestSessions, startTestServer } from "../../server/src/testing/index.ts";
import { makeChain } from "./make-chain.ts";
import { runCommand } from "./run-command.ts";

type Options = Parameters<typeof startTestServer>[0];

interface Line {
  readonly step: string;
  readonly verdict: "pass" | "warn" | "fail" | "skip";
  readonly says: string;
  readonly fix?: string;
}

async function start(options: Options = {}) {
  const server = await startTestServer(options);
  onTestFinished(() => server.close());
  return server;
}

async function examine(url: string, ...flags: string[]) {
  const { code, out } = await runCommand(["doctor", url, "--json", ...flags]);
  const { findings, ok } = JSON.parse(out) as { findings: Line[]; ok: boolean };
  expect(code).toBe(ok ? 0 : 1);
  const of = (verdict: Line["verdict"]) => findings.filter((line) => line.verdict === verdict);
  return { findings, ok, failed: of("fail"), warned: of("warn"), steps: findings.map(({ step }) => step) };
}

const everyStep = [
  ...["Name", "TCP", "TLS", "HTTP", "Origin", "Settings", "Proxy", "Polling", "Stickiness", "WebSocket"],
  ...["Session", "CSRF", "Namespaces", "Metrics", "Round trip", "Clock"],
];

describe("doctor on a healthy server", () => {
  it("passes every step, as a user and as an administrator", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const user = await examine(server.url, "--cookie", cookie);
    expect(user.steps).toEqual(everyStep);
    expect([...user.failed, ...user.warned]).toEqual([]);
    // Without TLS on this machine.
    expect(user.findings.filter(({ verdict }) => verdict === "skip").map(({ step }) => step)).toEqual(["TLS"]);
    expect(user.findings.find(({ step }) => step === "Namespaces")?.says).toContain("/admin refuses");
    const admin = server.sessions.signIn({ userId: "grace", role: "admin" }).cookie;
    const findings = (await examine(server.url, "--cookie", admin)).findings;
    expect(findings.find(({ step }) => step === "Namespaces")).toMatchObject({ says: "/ and /admin are open." });
  });

  it("prints each step on a terminal, with the step in progress, and leaves nothing behind on the server", async () => {
    const server = await start();
    const { code, out, err } = await runCommand(["doctor", server.url], { onTerminal: true });
    expect(out).toContain("\u001b[32m✓\u001b[39m Polling     A connection opens in");
    expect(out).toMatch(/\d+ passed, 0 warned, 0 failed, \d+ not looked at\.\n$/);
    expect(err).toContain("… WebSocket");
    expect(code).toBe(0);
    await expect.poll(() => server.realtime.io.engine.clientsCount).toBe(0);
  });

  it("passes every step behind https with the whole certificate chain", async () => {
    const { url, chain } = await startSecure("full");
    const { findings, ok } = await examine(url, "--ca", chain.authority);
    expect(findings.find(({ step }) => step === "TLS")).toMatchObject({ verdict: "pass" });
    expect(ok).toBe(true);
  });

  it("passes every step behind nginx with two nodes and sticky sessions", async () => {
    const { url, cookie } = await startBehindNginx("upstream-by-cookie.conf");
    const { failed, warned } = await examine(url, "--cookie", cookie);
    expect([...failed, ...warned]).toEqual([]);
  });
});

describe("doctor finds each of ten planted faults:", () => {
  it("1: an origin that is not allowed", async () => {
    const { failed } = await examine((await start()).url, "--origin", "https://app.example.com");
    expect(failed).toMatchObject([{ step: "Origin", says: "Pages of https://app.example.com may not connect." }]);
    expect(failed[0]?.fix).toContain("PUBLIC_URL=https://app.example.com");
  });

  it("2: sessions that are not sticky", async () => {
    const { url, cookie } = await startBehindNginx("upstream-any.conf");
    const { failed } = await examine(url, "--cookie", cookie);
    expect(failed[0]).toMatchObject({
      step: "Stickiness",
      says: expect.stringContaining("does not know their connection"),
    });
    expect(failed[0]?.fix).toContain("upstream-by-cookie.conf");
  });

  it("3: a proxy that takes the Upgrade header away", async () => {
    const { url, cookie } = await startBehindNginx("upstream-by-address.conf", (file) =>
      file.replace(/proxy_set_header (Upgrade|Connection) .*/g, ""),
    );
    const { failed } = await examine(url, "--cookie", cookie);
    expect(failed).toMatchObject([
      { step: "WebSocket", says: expect.stringContaining("takes the Upgrade header away") },
    ]);
    expect(failed[0]?.fix).toContain("deploy/nginx/proxy.inc");
  });

  it("4: a wrong path prefix", async () => {
    const server = await start();
    const { failed } = await examine(`${server.url}/app`);
    expect(failed).toMatchObject([
      { step: "HTTP", says: expect.stringContaining("Nothing of Signalbox is below /app/") },
    ]);
    expect(failed[0]?.fix).toContain(`give clients ${server.url}/`);
  });

  it("5: a clock that is wrong", async () => {
    const server = await start({ clock: { ...systemClock, now: () => Date.now() - 90_000 } });
    const { failed } = await examine(server.url);
    expect(failed).toMatchObject([
      { step: "Clock", says: expect.stringMatching(/(89|90)\d{3} ms behind this machine's/) },
    ]);
    expect(failed[0]?.fix).toContain("NTP");
  });

  it("6: a session that has expired", async () => {
    const server = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada", expiresAt: Date.now() - 1000 });
    const { failed } = await examine(server.url, "--cookie", cookie);
    expect(failed[0]).toMatchObject({ step: "Session", says: expect.stringContaining("session_expired") });
    expect(failed[0]?.fix).toContain("Sign in again");
  });

  it("7: polling only", async () => {
    const server = await start({ env: { SOCKETIO_TRANSPORTS: "polling" } });
    const { warned, failed } = await examine(server.url);
    expect(warned).toMatchObject([{ step: "WebSocket", says: "The server offers polling only." }]);
    expect(warned[0]?.fix).toContain("SOCKETIO_TRANSPORTS=polling,websocket");
    expect(failed).toEqual([]);
  });

  it("8: no protection against CSRF", async () => {
    const server = await start({ env: { SOCKETIO_CSRF_PROTECTION: "false" } });
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const { failed } = await examine(server.url, "--cookie", cookie);
    expect(failed).toMatchObject([{ step: "CSRF", says: expect.stringContaining("without a CSRF token was let in") }]);
    expect(failed[0]?.fix).toContain("SOCKETIO_CSRF_PROTECTION=true");
  });

  it("metrics that can be read without a token", async () => {
    const server = await start();
    // To the server this is its own machine, as a proxy beside it is.
    const { failed } = await examine(`http://0.0.0.0:${server.port}`, "--origin", server.url);
    expect(failed).toMatchObject([{ step: "Metrics", says: expect.stringContaining("public") }]);
    expect(failed[0]?.fix).toContain("SIGNALBOX_METRICS_TOKEN");
  });

  it("9: a chain of certificates that is not complete", async () => {
    const { url, chain } = await startSecure("leaf");
    const { failed, steps } = await examine(url, "--ca", chain.authority, "--cookie", "session=secret");
    expect(failed).toMatchObject([{ step: "TLS", says: expect.stringContaining("The chain is incomplete") }]);
    expect(failed[0]?.fix).toContain("TLS_CERT_FILE");
    // The cookie is sent only to a server that proves its name.
    expect(steps.at(-1)).toBe("TLS");
  });

  it("10: a rate limit that has been reached", async () => {
    const server = await start({ env: { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "2" } });
    const { failed } = await examine(server.url);
    expect(failed).toMatchObject([{ says: expect.stringContaining("rate_limited") }]);
    expect(failed[0]?.says).toMatch(/tried again in \d+ s/);
    expect(failed[0]?.fix).toContain("SIGNALBOX_CONNECT_RATE_PER_ADDRESS");
  });
});

describe("doctor also finds:", () => {
  it("an address where nothing listens, and a host name that does not resolve", async () => {
    const { failed } = await examine(`http://127.0.0.1:${await freePort()}`);
    expect(failed).toMatchObject([{ step: "TCP", says: expect.stringContaining("ECONNREFUSED") }]);
    const unknown = await examine("http://no-such-name.invalid");
    expect(unknown.failed).toMatchObject([{ step: "Name", fix: expect.stringContaining("DNS") }]);
  });

  it("https asked of a server that speaks http", async () => {
    const server = await start();
    const { failed } = await examine(server.url.replace("http:", "https:"));
    expect(failed).toMatchObject([{ step: "TLS", fix: expect.stringContaining("TLS_CERT_FILE") }]);
  });

  it("an application without Signalbox, and one that redirects", async () => {
    let location: string | undefined;
    const http = createPlainServer((_req, res) =>
      res.writeHead(location ? 301 : 404, { ...(location && { location }) }).end("no"),
    );
    await new Promise<void>((resolve) => http.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void http.close());
    const url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
    expect((await examine(url)).failed).toMatchObject([
      { step: "HTTP", says: "Something else answers below / (404)." },
    ]);
    location = "https://127.0.0.1/realtime/reachable";
    expect((await examine(url)).failed[0]?.fix).toContain("PUBLIC_URL=https://127.0.0.1");
  });

  it("a session that the server does not know, and a cookie that is not the session's", async () => {
    const server = await start();
    const { failed } = await examine(server.url, "--cookie", "test.sid=made-up");
    expect(failed[0]).toMatchObject({ step: "Session", says: expect.stringContaining("session_invalid") });
    const foreign = await examine(server.url, "--cookie", "other=1");
    expect(foreign.failed[0]).toMatchObject({ step: "Session", fix: expect.stringContaining("--cookie") });
  });
});

/** Two nodes with the same sessions behind nginx, and the cookie of a signed-in user. */
async function startBehindNginx(upstream: string, mistake?: (file: string) => string) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const sessions = createTestSessions();
  const env = { SIGNALBOX_SECRET: "s".repeat(32), PUBLIC_URL: url };
  const nodes = [await start({ sessions, env }), await start({ sessions, env })] as const;
  const nodePorts = [nodes[0].port, nodes[1].port] as const;
  const use = [upstream, "server.conf"];
  onTestFinished(await startNginx({ port, nodePorts, use, ...(mistake && { mistake }) }));
  return { url, cookie: sessions.signIn({ userId: "ada" }).cookie };
}

async function startSecure(kind: "leaf" | "full") {
  const chain = makeChain();
  onTestFinished(chain.remove);
  const httpServer = createServer({ cert: readFileSync(chain[kind]), key: readFileSync(chain.key) }, (_req, res) =>
    res.end(),
  );
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  const { port } = httpServer.address() as AddressInfo;
  const { config } = loadConfig({
    NODE_ENV: "test",
    HOST: "127.0.0.1",
    PORT: String(port),
    SOCKETIO_LOG_LEVEL: "silent",
  });
  const realtime = createRealtime({ httpServer, config, sessions: createTestSessions() });
  onTestFinished(async () => {
    await realtime.close();
    httpServer.closeAllConnections();
    httpServer.close();
  });
  return { url: `https://127.0.0.1:${port}`, chain };
}
