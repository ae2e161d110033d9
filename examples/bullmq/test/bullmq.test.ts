/** The example as a reader would start it, followed over a real socket. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import type { TaskSnapshot } from "@signalbox/protocol";
import { connectClient, type TestClient } from "@signalbox/server/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { startRedis } from "../../../scripts/services/redis.ts";
import type { Service } from "../../../scripts/services/service.ts";

let redis: Service;
let server: ChildProcess;
let url: string;
let client: TestClient;

const start = (environment: Record<string, string>): ChildProcess =>
  spawn(process.execPath, ["--conditions=@signalbox/source", "server.ts"], {
    cwd: fileURLToPath(new URL("..", import.meta.url)),
    env: { PATH: process.env.PATH, NODE_ENV: "development", HOST: "127.0.0.1", PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });

beforeAll(async () => {
  redis = await startRedis();
  server = start({ REDIS: redis.url, SOCKETIO_CORS_ORIGINS: "http://example.test" });
  for await (const line of createInterface({ input: server.stdout as NodeJS.ReadableStream })) {
    ({ url = "" } = JSON.parse(line));
    if (url !== "") break;
  }
  client = await connectClient(url, { origin: "http://example.test" });
});
afterAll(async () => {
  client.close();
  server.kill("SIGTERM");
  const [code] = await once(server, "exit");
  await redis.stop();
  expect(code).toBe(0);
});

async function makeReport(): Promise<string> {
  const answer = await fetch(`${url}/reports`, { method: "POST" });
  const { task_id } = (await answer.json()) as { task_id: string };
  await expect.poll(async () => (await client.request("join_task", { task_id })).ok).toBe(true);
  return task_id;
}

it("the page shows a job of a worker that does not know of Signalbox", async () => {
  const task_id = await makeReport();
  const end: TaskSnapshot = await client.next("task_completed", 10_000);
  expect(end).toMatchObject({ task_id, title: "A report of 10 pages", result: { pages: 10 } });
  const steps = (client.received("progress_update") as TaskSnapshot[]).map(({ step }) => step);
  expect(steps).toContain("Page 5");
});

it("says what is missing when it is started without a Redis", async () => {
  const child = start({});
  let said = "";
  child.stderr?.on("data", (text) => {
    said += text;
  });
  const [code] = await once(child, "exit");
  expect(code).toBe(1);
  expect(said).toContain("Set REDIS to the address of a Redis");
});
