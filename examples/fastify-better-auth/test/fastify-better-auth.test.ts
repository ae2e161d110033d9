/** The example, started as a reader would start it: an account, a task over both transports, and a sign-out. */
import { connectClient, fetchClientConfig, refusalOf, transports } from "@signalbox/server/testing";
import { beforeAll, expect, it, onTestFinished } from "vitest";
import { freePort } from "../../../scripts/services/free-port.ts";
import { startExample } from "../../express/test/start-example.ts";

let url = "";
let cookie = "";
beforeAll(async () => {
  const port = await freePort();
  const example = await startExample(new URL("..", import.meta.url), { PORT: String(port) });
  ({ url } = example);
  cookie = await enter("sign-up");
  return example.stop;
});

async function enter(way: "sign-up" | "sign-in"): Promise<string> {
  const response = await fetch(`${url}/api/auth/${way}/email`, {
    method: "POST",
    headers: { origin: url, "content-type": "application/json" },
    body: JSON.stringify({ name: "Ada", email: "ada@example.com", password: "correct horse" }),
  });
  expect(response.status).toBe(200);
  return response.headers.getSetCookie()[0]?.split(";")[0] ?? "";
}

it.each(transports)("a task is started and followed to its end, over %s", async (transport) => {
  const client = await connectClient(url, { cookie, transport });
  onTestFinished(() => client.close());
  const { csrf = "", user } = await fetchClientConfig(url, { cookie });
  expect(user?.username).toBe("Ada");
  const answer = await fetch(`${url}/practice`, {
    method: "POST",
    headers: { origin: url, cookie, "x-csrf-token": csrf },
  });
  const { task_id } = (await answer.json()) as { task_id: string };
  await client.request("join_task", { task_id });
  expect(await client.next("task_completed")).toMatchObject({ task_id, result: { counted: 40 } });
});

it("signing out ends the connection at once", async () => {
  const other = await enter("sign-in");
  const client = await connectClient(url, { cookie: other });
  onTestFinished(() => client.close());
  const headers = { origin: url, cookie: other, "content-type": "application/json" };
  await fetch(`${url}/api/auth/sign-out`, { method: "POST", headers, body: "{}" });
  expect(await client.next("session_ending")).toMatchObject({ reason: "signed_out" });
});

it("a visitor who is not signed in is refused", async () => {
  expect((await fetch(`${url}/practice`, { method: "POST", headers: { origin: url } })).status).toBe(401);
  expect(await refusalOf(url, { auth: {} })).toMatchObject({ code: "session_missing" });
  expect((await fetch(url)).headers.get("content-type")).toContain("text/html");
});
