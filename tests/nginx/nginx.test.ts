/** Two nodes behind a real nginx, with the very files that docs/deployment.md hands out. */
import { readFileSync } from "node:fs";
import { get } from "node:http";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { describe, expect, it, onTestFinished } from "vitest";
import { createClients } from "../../packages/client/src/index.ts";
import {
  connectClient,
  startTestServer,
  type TestClient,
  type TestServer,
  type Transport,
  transports,
} from "../../packages/server/src/testing/index.ts";
import { makeCertificate } from "../../packages/server/test/tls/make-certificate.ts";
import { freePort } from "../../scripts/services/free-port.ts";
import { startNginx } from "../../scripts/services/nginx.ts";

interface Site {
  readonly url: string;
  readonly nodes: readonly [TestServer, TestServer];
  connect(transport: Transport, headers?: Record<string, string>): Promise<TestClient>;
}

/** Two nodes that share sessions and secret, and nginx in front of them. */
async function startSite(
  use: readonly string[],
  env: Record<string, string> = {},
  mistake?: (proxyFile: string) => string,
): Promise<Site> {
  const port = await freePort();
  const withTls = use.includes("server-tls.conf");
  const tls = withTls ? makeCertificate("proxy") : undefined;
  if (tls) {
    onTestFinished(tls.remove);
    setDefaultCACertificates([...getCACertificates(), readFileSync(tls.cert, "utf8")]);
  }
  const url = `${withTls ? "https" : "http"}://127.0.0.1:${port}`;
  const shared = { SIGNALBOX_SECRET: "s".repeat(32), PUBLIC_URL: url, TRUST_PROXY: "127.0.0.1", ...env };
  const startNode = async (): Promise<TestServer> => {
    const node = await startTestServer({ env: shared });
    onTestFinished(() => node.close());
    return node;
  };
  const nodes = [await startNode(), await startNode()] as const;
  const [one, two] = nodes;
  two.sessions.resolve = one.sessions.resolve;
  onTestFinished(
    await startNginx({ port, nodePorts: [one.port, two.port], use, ...(tls && { tls }), ...(mistake && { mistake }) }),
  );
  return {
    url,
    nodes,
    async connect(transport, headers = {}) {
      const { cookie } = one.sessions.signIn({ userId: "ada" });
      const all = { ...headers, cookie: [cookie, headers.cookie].filter(Boolean).join("; ") };
      const client = await connectClient(url, { cookie: all.cookie, transport, headers: all });
      onTestFinished(() => client.close());
      return client;
    },
  };
}

const works = async (client: TestClient): Promise<void> =>
  expect(await client.request("leave_task", { task_id: "none" })).toEqual({ ok: true });

const count = ({ realtime }: TestServer): number => realtime.io.engine.clientsCount;

describe.each(transports)("over %s, with sticky sessions", (transport) => {
  it("by address: clients connect, all of one address on one node", async () => {
    const { nodes, connect } = await startSite(["upstream-by-address.conf", "server.conf"]);
    for (let n = 0; n < 3; n += 1) await works(await connect(transport));
    expect(nodes.map(count).sort()).toEqual([0, 3]);
  });

  it("by cookie: clients of one address are spread, and each stays where it is", async () => {
    const { url, nodes, connect } = await startSite(["upstream-by-cookie.conf", "server.conf"], {
      SIGNALBOX_MAX_CONNECTIONS_PER_USER: "20",
    });
    const [set = ""] = (await fetch(`${url}/livez`)).headers.getSetCookie();
    expect(set).toMatch(/^signalbox_node=[0-9a-f]{32}; Path=\/; HttpOnly/);
    // Which node a cookie leads to depends on the ports of the test: with few cookies it may be the same for all.
    for (let n = 0; n < 20; n += 1) await works(await connect(transport, { cookie: `signalbox_node=${n}` }));
    expect(Math.min(...nodes.map(count))).toBeGreaterThan(0);
    const known = await fetch(`${url}/livez`, { headers: { cookie: "signalbox_node=1" } });
    expect(known.headers.getSetCookie()).toEqual([]);
  });
});

describe("without sticky sessions", () => {
  it("polling fails: the next request of a connection reaches a node that does not know it", async () => {
    const { url, connect } = await startSite(["upstream-any.conf", "server.conf"]);
    await expect(connect("polling")).rejects.toThrow("xhr p");
    const poll = (sid: string) =>
      fetch(`${url}/socket.io/?EIO=4&transport=polling${sid}`, { headers: { origin: url } }).then((res) => res.text());
    const { sid } = JSON.parse((await poll("")).slice(1)) as { sid: string };
    const answers = [await poll(`&sid=${sid}`), await poll(`&sid=${sid}`)];
    expect(answers.join()).toContain("Session ID unknown");
  });

  it("WebSocket alone works, and a node that drains is passed over", async () => {
    const env = { SOCKETIO_TRANSPORTS: "websocket", SIGNALBOX_DRAIN_WINDOW: "2" };
    const { nodes, connect } = await startSite(["upstream-any.conf", "server.conf"], env);
    const clients: TestClient[] = [];
    for (let n = 0; n < 4; n += 1) clients.push(await connect("websocket"));
    expect(nodes.map(count)).toEqual([2, 2]);
    const gone = nodes[0].realtime.drain();
    // Two, so that one of them is sent to the draining node first.
    for (let n = 0; n < 2; n += 1) await connect("websocket", { cookie: "other=1" }).then(works);
    await gone;
    expect(nodes.map(count)).toEqual([0, 4]);
  });
});

it("the client's own address counts, and none that it makes up; foreign origins are refused", async () => {
  const { url, nodes } = await startSite(["upstream-by-address.conf", "server.conf"]);
  // From another address of loopback than the proxy's, which alone is trusted.
  const headers = { origin: "https://evil.example", "x-forwarded-for": "203.0.113.9" };
  const options = { localAddress: "127.0.0.2", headers };
  const status = await new Promise((resolve, reject) => {
    const sent = get(`${url}/socket.io/?EIO=4&transport=polling`, options, (res) => resolve(res.resume().statusCode));
    sent.once("error", reject);
  });
  expect(status).toBe(403);
  const logged = () => nodes.flatMap(({ logged }) => logged.map(({ fields }) => fields));
  const refused = expect.objectContaining({ type: "origin_refused", ip: "127.0.0.2" });
  await expect.poll(logged).toContainEqual(expect.objectContaining({ security: refused }));
});

it("the metrics are given for the token only, through a proxy that tells nothing of its client", async () => {
  const metricsToken = "a-token-for-metrics";
  const production = { NODE_ENV: "production", TRUST_PROXY: "", SIGNALBOX_METRICS_TOKEN: metricsToken };
  const bare = (file: string) => file.replace(/^proxy_set_header X-.*$/gm, "");
  const { url } = await startSite(["upstream-by-address.conf", "server.conf"], production, bare);
  const ask = (headers: Record<string, string> = {}) => fetch(`${url}/metrics`, { headers });
  expect((await ask()).status).toBe(401);
  expect((await ask({ "x-forwarded-for": "127.0.0.1" })).status).toBe(401);
  expect((await ask({ authorization: `Bearer ${metricsToken}` })).status).toBe(200);
});

it("TLS ends at the proxy: https and wss, under the origin of PUBLIC_URL", async () => {
  const { url, connect } = await startSite(["upstream-by-address.conf", "server-tls.conf"]);
  expect(url).toMatch(/^https:/);
  for (const transport of transports) await works(await connect(transport));
});

describe.each([
  ["stripped by the proxy", "server-under-path.conf", {}],
  ["kept for Socket.IO", "server-under-whole-path.conf", { SOCKETIO_PATH: "/app/socket.io/" }],
] as const)("a path prefix, %s", (_name, file, env) => {
  it.each(transports)("works for a client that has the whole address, over %s", async (transport) => {
    const { url, nodes } = await startSite(["upstream-by-address.conf", file], {
      ...env,
      SOCKETIO_TRANSPORTS: transport,
    });
    const { cookie } = nodes[0].sessions.signIn({ userId: "ada" });
    const clients = createClients({ url: `${url}/app/`, headers: { origin: url, cookie } });
    onTestFinished(() => clients.close());
    expect(await clients.user().request("check_connection", {})).toMatchObject({ server_time: expect.any(String) });
    expect(clients.state.get()).toMatchObject({ status: "connected", transport });
  });
});
