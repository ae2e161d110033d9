import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { startTestServer, type TestServer } from "../../server/src/testing/index.ts";
import { version } from "../src/version.ts";
import { runCommand } from "./run-command.ts";

let server: TestServer;
let ada: string;
let admin: string;
beforeAll(async () => {
  server = await startTestServer();
  ada = server.sessions.signIn({ userId: "ada" }).cookie;
  admin = server.sessions.signIn({ userId: "grace", role: "admin" }).cookie;
  return () => server.close();
});

const newTask = () => server.realtime.progress.create({ kind: "import", title: "Customers", owner_id: "ada" });

describe("watch", () => {
  it("shows each state of a task on a line, and ends with it", async () => {
    const { progress } = server.realtime;
    const { task_id } = await newTask();
    const watched = runCommand(["watch", server.url, task_id], {
      env: { SIGNALBOX_COOKIE: ada },
      onOutput(all) {
        if (all.includes("queued") && !all.includes("running")) {
          void progress.report(task_id, { status: "running", current: 3, total: 12, step: "reading" });
        } else if (all.includes("running") && !all.includes("completed")) void progress.complete(task_id, { rows: 12 });
      },
    });
    const { code, out } = await watched;
    expect(out).toContain("[########----------------------]  25 % running 3 of 12, Customers: reading\n");
    expect(out).toMatch(/\[#{30}\] 100 % completed .*, Customers.*\n$/);
    expect(code).toBe(0);
  });

  it("on a terminal as one line that changes; a task that failed ends with 1", async () => {
    const { progress } = server.realtime;
    const { task_id } = await newTask();
    await progress.report(task_id, { status: "running", current: 1, total: 2 });
    const watched = runCommand(["watch", server.url, task_id, "--cookie", ada], { onTerminal: true });
    await expect.poll(() => server.realtime.io.of("/").adapter.rooms.has(`task:${task_id}`)).toBe(true);
    await progress.fail(task_id, { code: "no_space", message: "The disk is full." });
    const { code, out, err } = await watched;
    expect(err).toContain("\r\u001b[2K[###############---------------]  50 % running 1 of 2, Customers");
    expect(out).toContain("failed 1 of 2, Customers: The disk is full.\n");
    expect(code).toBe(1);
  });

  it("as JSON, one snapshot a line", async () => {
    const { task_id } = await newTask();
    await server.realtime.progress.complete(task_id, { rows: 1 });
    const { code, out } = await runCommand(["watch", server.url, task_id, "--json", "--cookie", ada]);
    expect(JSON.parse(out)).toMatchObject({ task_id, status: "completed", result: { rows: 1 } });
    expect(code).toBe(0);
  });

  it("says why a task cannot be watched", async () => {
    const { task_id } = await newTask();
    const unknown = await runCommand(["watch", server.url, "no-such-task", "--cookie", ada]);
    expect(unknown).toMatchObject({ code: 1, err: expect.stringContaining("task_not_found") });
    const signedOut = await runCommand(["watch", server.url, task_id]);
    expect(signedOut).toMatchObject({ code: 1, err: expect.stringContaining("not_signed_in") });
    const refused = await runCommand([
      "watch",
      server.url,
      task_id,
      "--cookie",
      ada,
      "--origin",
      "https://evil.example",
    ]);
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining("origin_refused") });
  });

  it("ends when it is stopped, while the task goes on", async () => {
    const { task_id } = await newTask();
    const stopping = new AbortController();
    const watched = runCommand(["watch", server.url, task_id, "--cookie", ada], {
      signal: stopping.signal,
      onOutput: () => stopping.abort(),
    });
    expect((await watched).code).toBe(1);
    expect((await server.realtime.progress.get(task_id))?.status).toBe("queued");
  });
});

describe("tail", () => {
  it("shows the latest lines and then each as it comes, to administrators", async () => {
    await fetch(`${server.url}/realtime/client-config`, { headers: { origin: "https://evil.example" } });
    const stopping = new AbortController();
    let isAsked = false;
    const { code, out } = await runCommand(["tail", server.url, "--cookie", admin], {
      signal: stopping.signal,
      onOutput(all) {
        if (all.includes("auth_failed")) return stopping.abort();
        if (isAsked) return;
        isAsked = true;
        void fetch(`${server.url}/realtime/tasks/none`);
      },
    });
    expect(out).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z \w+ +origin_refused 127\.0\.0\.1 https:\/\/evil\.example: /m);
    expect(out).toMatch(/auth_failed 127\.0\.0\.1: /);
    expect(code).toBe(0);
  });

  it("refuses a user who is no administrator", async () => {
    const { code, err } = await runCommand(["tail", server.url, "--cookie", ada]);
    expect(err).toContain("forbidden");
    expect(code).toBe(1);
  });
});

it("runs as a program of its own", () => {
  const main = join(import.meta.dirname, "../src/main.ts");
  const { status, stdout } = spawnSync(process.execPath, ["--conditions=@signalbox/source", main, "--version"], {
    encoding: "utf8",
    env: { PATH: process.env.PATH ?? "", NODE_NO_WARNINGS: "1" },
  });
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, "../package.json"), "utf8")) as object;
  expect(manifest).toMatchObject({ version });
  expect(stdout).toBe(`${version}\n`);
  expect(status).toBe(0);
});
