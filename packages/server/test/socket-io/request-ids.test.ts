/** Every line about a fault or an offence names its request, and is one line of JSON without secrets. */
import { describe, expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { createLog } from "../../src/config/log-from-config.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { connectClient, fetchClientConfig, rawRequest, sendRaw, startTestServer } from "../../src/testing/index.ts";

interface Line {
  readonly msg: string;
  readonly request_id?: string;
  readonly [field: string]: unknown;
}

/** A server that logs as in production, through pino. */
async function start(env: Record<string, string> = {}) {
  const text: string[] = [];
  const logger = createLog(loadConfig({ NODE_ENV: "test", ...env }).config, { write: (line) => text.push(line) });
  const base = createMemoryStore({ maxSecurityEvents: 100 });
  const get = async (taskId: string) => {
    const secrets = { cookie: "c-secret", token: "t-secret", headers: { authorization: "a-secret" } };
    if (taskId === "broken") throw Object.assign(new Error("The disk is gone."), { request: secrets });
    return undefined;
  };
  const server = await startTestServer({ env, logger, store: { ...base, tasks: { ...base.tasks, get } } });
  onTestFinished(() => server.close());
  const lines = (): Line[] =>
    text.map((line) => {
      expect(line.match(/\n/g)).toHaveLength(1);
      return JSON.parse(line);
    });
  return { server, text, lines };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

describe("a fault", () => {
  it("of an HTTP request is logged once with its id, and with none of the secrets that came with it", async () => {
    const { server, text, lines } = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const { csrf = "" } = await fetchClientConfig(server.url, { cookie });
    const headers = { origin: server.url, cookie, "x-csrf-token": csrf };
    const response = await fetch(`${server.url}/realtime/tasks/broken`, { headers });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("disk");
    expect(lines()).toMatchObject([
      { level: 50, msg: "A request failed unexpectedly.", request_id: expect.stringMatching(uuid) },
    ]);
    for (const secret of [cookie, cookie.split("=")[1] ?? "", csrf, "-secret"]) {
      expect(text.join("")).not.toContain(secret);
    }
  });

  it("at the Socket.IO endpoint names its request too", async () => {
    const { server, lines } = await start();
    server.realtime.io.engine.handleRequest = () => {
      throw new Error("Engine.IO is broken.");
    };
    const headers = { origin: server.url };
    expect((await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { headers })).status).toBe(500);
    expect(lines()).toMatchObject([{ level: 50, request_id: expect.stringMatching(uuid) }]);
  });
});

describe("an offence", () => {
  it("names its request, over HTTP and over a socket, where all of one connection have the same", async () => {
    const { server, lines } = await start({ SOCKETIO_LOG_CONNECTIONS: "true" });
    const headers = { origin: "https://evil.example" };
    await fetch(`${server.url}/realtime/client-config`, { headers });
    const client = await connectClient(server.url, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    onTestFinished(() => client.close());
    await client.request("nope", {});
    await client.request("join_task", { task_id: "missing" });
    const [foreign, connected, unknown, task] = lines();
    expect(foreign).toMatchObject({ security: { type: "origin_refused" }, request_id: expect.stringMatching(uuid) });
    expect(unknown).toMatchObject({ security: { type: "event_unknown" }, request_id: connected?.request_id });
    expect(task).toMatchObject({ security: { type: "task_denied" }, request_id: connected?.request_id });
    expect(connected?.request_id).not.toBe(foreign?.request_id);
    expect(JSON.stringify(unknown?.security)).not.toContain("request_id");
  });
});

describe("X-Request-Id", () => {
  const offend = async (env: Record<string, string>, id: string) => {
    const { server, lines } = await start(env);
    const headers = Object.entries({ Origin: "https://evil.example", "X-Request-Id": id });
    await sendRaw(server.port, rawRequest("GET", "/realtime/client-config", headers));
    return lines()[0]?.request_id;
  };
  it("is taken over from a trusted proxy", async () => {
    expect(await offend({ TRUST_PROXY: "loopback" }, "trace:0123.abc")).toBe("trace:0123.abc");
  });
  it("of any other client is ignored", async () => {
    expect(await offend({}, "trace:0123.abc")).toMatch(uuid);
  });
  it.each(["short", "x".repeat(65), 'a"b"c"d"e', "a b c d e", "\u009b31mabcdef"])(
    "that is not well-formed is not taken over: %j",
    async (id) => expect(await offend({ TRUST_PROXY: "loopback" }, id)).toMatch(uuid),
  );
});

it("nothing that a client sends ends a line, moves a cursor or turns the text around, in any field", async () => {
  const { server, text, lines } = await start({ SOCKETIO_DEBUG: "true" });
  const client = await connectClient(server.url, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
  onTestFinished(() => client.close());
  const name = "a\n\u001b[31m\u007f\u0085\u009b31m\u200e\u202e\u2028\u2029\u2066b";
  await client.request(name, {});
  const handled = lines().find(({ msg }) => msg === "Event handled.");
  expect(handled).toMatchObject({ event: name });
  const line = text.find((each) => each.includes("Event handled.")) ?? "";
  expect(line.trimEnd()).toMatch(/^[\x20-\x7e]+$/);
  expect(line).toContain("\\u009b31m\\u200e\\u202e\\u2028\\u2029\\u2066b");
});
