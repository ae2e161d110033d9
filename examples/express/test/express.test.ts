/** The example of the README, started as a reader would start it, and used over real HTTP and sockets. */
import type { TaskSnapshot } from "@signalbox/protocol";
import {
  connectClient,
  fetchClientConfig,
  refusalOf,
  type TestClient,
  transports,
  watchStalls,
} from "@signalbox/server/testing";
import { afterEach, beforeAll, describe, expect, it } from "vitest";
import { startExample } from "./start-example.ts";

/** Where the page would come from: the port is not known before the server has started. */
const origin = "http://example.test";

let url: string;
const clients: TestClient[] = [];

beforeAll(async () => {
  const example = await startExample(new URL("..", import.meta.url), { SOCKETIO_CORS_ORIGINS: origin });
  ({ url } = example);
  return example.stop;
});
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
});

/** Logs in as the form does, and returns the cookie. */
async function login(name: string): Promise<string> {
  const response = await fetch(`${url}/login`, {
    method: "POST",
    body: new URLSearchParams({ name }),
    redirect: "manual",
  });
  expect(response.status).toBe(303);
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

async function connect(options: Parameters<typeof connectClient>[1]): Promise<TestClient> {
  const client = await connectClient(url, { origin, ...options });
  clients.push(client);
  return client;
}

/** Asks for a task as the page does. */
async function startPractice(cookie: string): Promise<string> {
  const { csrf = "" } = await fetchClientConfig(url, { origin, cookie });
  const headers = { origin, cookie, "x-csrf-token": csrf };
  const response = await fetch(`${url}/practice`, { method: "POST", headers });
  expect(response.status).toBe(202);
  return ((await response.json()) as { task_id: string }).task_id;
}

describe.each(transports)("over %s", (transport) => {
  it("a task is started, watched to its end, and its result is there", async () => {
    const cookie = await login("ada");
    const client = await connect({ cookie, transport });
    expect(client.socket.io.engine.transport.name).toBe(transport);

    const task_id = await startPractice(cookie);
    expect(await client.request("join_task", { task_id })).toMatchObject({ ok: true, task: { owner_id: "ada" } });
    const completed = await client.next<TaskSnapshot>("task_completed");
    expect(completed).toMatchObject({ task_id, status: "completed", percent: 100, result: { counted: 40 } });

    const updates = client.received("progress_update") as TaskSnapshot[];
    expect(updates.length).toBeGreaterThan(5);
    const versions = [...updates, completed].map(({ version }) => version);
    expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
    expect(new Set(updates.map(({ step }) => step))).toEqual(new Set(["Reading", "Sorting", "Counting", "Writing"]));
  });

  it("a task can be cancelled by the user who started it, and by no other user", async () => {
    const cookie = await login("ada");
    const owner = await connect({ cookie, transport });
    const other = await connect({ cookie: await login("bob"), transport });
    const task_id = await startPractice(cookie);
    await owner.request("join_task", { task_id });
    expect(await other.request("cancel_task", { task_id })).toMatchObject({ error: { code: "task_not_found" } });
    expect(await owner.request("cancel_task", { task_id })).toMatchObject({ ok: true });
    expect(await owner.next("task_cancelled")).toMatchObject({ task_id, status: "cancelled" });
  });

  it("logging out ends the connection within a second", async () => {
    const cookie = await login("ada");
    const client = await connect({ cookie, transport });
    const started = Date.now();
    const stalled = watchStalls();
    await fetch(`${url}/logout`, { method: "POST", headers: { cookie }, redirect: "manual" });
    expect(await client.next("session_ending")).toMatchObject({ reason: "signed_out" });
    await client.disconnected();
    expect(Date.now() - started - stalled()).toBeLessThan(1000);
    expect(await refusalOf(url, { origin, cookie, transport, auth: {} })).toMatchObject({ code: "session_invalid" });
  });

  it("only the administrator reaches /admin", async () => {
    const namespace = "/admin";
    await connect({ cookie: await login("admin"), namespace, transport });
    const cookie = await login("ada");
    expect(await refusalOf(url, { origin, cookie, namespace, transport })).toMatchObject({ code: "forbidden" });
  });
});

describe("the application's own route", () => {
  const post = (headers: Record<string, string>) => fetch(`${url}/practice`, { method: "POST", headers });

  it.each([
    ["another site", async () => ({ origin: "https://evil.test", cookie: await login("ada") }), 403, "origin_refused"],
    ["a visitor", async () => ({ origin }), 401, "session_missing"],
    ["a page without the token", async () => ({ origin, cookie: await login("ada") }), 403, "csrf_invalid"],
  ])("refuses %s", async (_who, headers, status, code) => {
    const response = await post(await headers());
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ error: { code } });
  });
});

it("serves its page and the client", async () => {
  for (const path of ["/", "/app.js", "/style.css", "/socket.io-client.js"]) {
    expect((await fetch(`${url}${path}`)).status).toBe(200);
  }
});

it("refuses a name that is none", async () => {
  const body = new URLSearchParams({ name: "<script>" });
  expect((await fetch(`${url}/login`, { method: "POST", body })).status).toBe(400);
});
