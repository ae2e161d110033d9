/** The example, started as a reader would start it: pages, routes, two kinds of WebSocket on one server. */
import {
  connectClient,
  fetchClientConfig,
  rawRequest,
  refusalOf,
  sendRaw,
  upgradeHeaders,
} from "@signalbox/server/testing";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { startExample } from "../../express/test/start-example.ts";

const origin = "http://example.test";
let url = "";
beforeAll(async () => {
  const example = await startExample(new URL("..", import.meta.url), { SOCKETIO_CORS_ORIGINS: origin });
  ({ url } = example);
  return example.stop;
});

async function signIn(name: string): Promise<string> {
  const response = await fetch(`${url}/api/sign-in?name=${name}`, { method: "POST" });
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

it("a task that a route starts is followed to its end over WebSocket", async () => {
  const cookie = await signIn("ada");
  const client = await connectClient(url, { origin, cookie, transport: "websocket" });
  onTestFinished(() => client.close());
  const { csrf = "" } = await fetchClientConfig(url, { origin, cookie });
  const headers = { origin, cookie, "x-csrf-token": csrf };
  const answer = await fetch(`${url}/api/reports`, { method: "POST", headers });
  const { task_id } = (await answer.json()) as { task_id: string };
  await client.request("join_task", { task_id });
  expect(await client.next("task_completed")).toMatchObject({ task_id, result: { pages: 5 } });
  await fetch(`${url}/api/sign-out`, { method: "POST", headers });
  expect(await client.next("session_ending")).toMatchObject({ reason: "signed_out" });
});

it("nobody gets in who is not signed in", async () => {
  expect((await fetch(`${url}/api/reports`, { method: "POST", headers: { origin } })).status).toBe(401);
  expect(await refusalOf(url, { origin, auth: {} })).toMatchObject({ code: "session_missing" });
});

it("pages are Next's, and so is its own WebSocket", async () => {
  expect((await fetch(url)).status).toBe(200);
  expect((await fetch(`${url}/nothing`)).status).toBe(404);
  const answer = await sendRaw(Number(new URL(url).port), rawRequest("GET", "/_next/webpack-hmr", upgradeHeaders));
  expect(answer).toMatchObject({ status: 101 });
  expect(answer.headers.get("x-server")).toBe("next");
});
