import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
import { connectClient, fetchClientConfig, rawRequest, watchStalls } from "@signalbox/server/testing";
import { afterAll, describe, expect, it, onTestFinished, vi } from "vitest";
import { administrator, makeImage, productionSettings, signIn, temporaryEnvironment } from "../fixture.ts";
import { type Exit, type ServerProcess, startInVain, startServer } from "../server-process.ts";

// Each test starts a process or two; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

// What is left over is put away at the end: tests run side by side, two processes on two cores.
const folders: string[] = [];
const servers: ServerProcess[] = [];
afterAll(async () => {
  await Promise.all(servers.map((server) => server.kill("SIGKILL")));
  for (const folder of folders) await rm(folder, { recursive: true, force: true });
});

async function environment(more: Record<string, string> = {}): Promise<Record<string, string>> {
  const made = await temporaryEnvironment({ NODE_ENV: "development", ...more });
  folders.push(made.DATA_DIR ?? "");
  return made;
}

async function start(settings: Record<string, string>): Promise<ServerProcess> {
  const server = await startServer(settings);
  servers.push(server);
  return server;
}

/** One line on standard error that ends as a sentence does, nothing on standard output, exit code 1. */
function expectOneSentence({ code, stderr, stdout }: Exit, sentence: RegExp): void {
  expect(stderr).toMatch(sentence);
  expect(stderr).toMatch(/^[A-Z][^\n]*\.\n$/);
  expect(stdout).toBe("");
  expect(code).toBe(1);
}

describe.concurrent("what keeps the server from starting is said in one sentence, with exit code 1:", () => {
  it("a busy port; and nothing was begun, so that the next start still tells the administrator's password", async () => {
    const settings = await environment({ ADMIN_PASSWORD: "" });
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(Number(settings.PORT), "127.0.0.1", resolve));
    const exit = await startInVain(settings);
    other.close();
    expectOneSentence(
      exit,
      new RegExp(`^Port ${settings.PORT} is in use\\. Stop what uses it, or set PORT to another`),
    );

    const server = await start(settings);
    expect(server.stdout).toMatch(/^Administrator: admin@example\.com, password [\w-]{16,} \(shown once/);
  });

  it("a data folder that cannot be made or written to", async () => {
    const settings = await environment();
    const file = join(settings.DATA_DIR ?? "", "file");
    await writeFile(file, "");
    const exit = await startInVain({ ...settings, DATA_DIR: join(file, "data") });
    expectOneSentence(exit, /^The data folder \S+\/file\/data \(DATA_DIR\) cannot be written to: ENOTDIR/);
  });

  it("an address that is not this machine's", async () => {
    expectOneSentence(await startInVain(await environment({ HOST: "192.0.2.1" })), /^HOST is no address of this /);
  });

  it("an administrator's address that is none", async () => {
    const exit = await startInVain(await environment({ ADMIN_EMAIL: "nonsense" }));
    expectOneSentence(exit, /^No administrator can be made of ADMIN_EMAIL and ADMIN_PASSWORD: Invalid email\./);
  });
});

describe.concurrent("production", () => {
  const listed = ({ stderr }: Exit): string[] => JSON.parse(stderr).msg.trimEnd().split("\n").slice(1);

  it("does not start without SIGNALBOX_SECRET, even where one was made up before", async () => {
    const settings = await environment({ ...(await productionSettings()), SIGNALBOX_SECRET: "" });
    await writeFile(join(settings.DATA_DIR ?? "", "secret"), "0123456789abcdef0123456789abcdef");
    const exit = await startInVain(settings);
    expect(exit.code).toBe(1);
    expect(exit.stdout).toBe("");
    expect(listed(exit)).toEqual([expect.stringMatching(/^- SIGNALBOX_SECRET must be set in production\./)]);
  });

  it("lists every bad setting at once, without the value of a secret, and touches nothing", async () => {
    const secret = "too short a secret";
    const bad = {
      SIGNALBOX_SECRET: secret,
      TASK_CONCURRENCY: "many",
      SOCKETIO_PING_TIMEOUT: "-1",
      ADMIN_PASSWORD: "short",
    };
    const settings = await environment({ ...(await productionSettings()), ...bad });
    const exit = await startInVain(settings);
    expect(exit.code).toBe(1);
    expect(listed(exit)).toHaveLength(4);
    for (const name of Object.keys(bad)) expect(exit.stderr).toContain(name);
    expect(exit.stderr).not.toContain(secret);
    expect(await readdir(settings.DATA_DIR ?? "")).toEqual([]);
  });
});

describe("production", () => {
  it("prints JSON lines only, from the first to the last, and keeps the first password in a file", async () => {
    const settings = await environment({
      ...(await productionSettings()),
      ...{ ADMIN_PASSWORD: "", SOCKETIO_LOG_LEVEL: "info" },
    });
    const server = await start(settings);
    const url = settings.PUBLIC_URL ?? "";
    const file = join(settings.DATA_DIR ?? "", "first-administrator-password");
    const password = (await readFile(file, "utf8")).trim();
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    await signIn(url, { email: administrator.email, password });
    // Refused with an error that quotes the request.
    const callbackURL = `https://evil.example/${"x".repeat(14_000)}`;
    const refused = await fetch(`${url}/api/auth/sign-in/email`, {
      method: "POST",
      headers: { origin: url, "content-type": "application/json" },
      body: JSON.stringify({ email: administrator.email, password: "a wrong guess", callbackURL }),
    });
    expect(refused.status).toBe(403);

    const exit = await server.kill("SIGTERM");
    expect(exit).toMatchObject({ code: 0, stderr: "" });
    const lines = exit.stdout.trimEnd().split("\n");
    const messages = lines.map((line) => JSON.parse(line).msg);
    expect(messages[0]).toBe(`The first administrator was made. The password is in ${file}.`);
    expect(messages).toContain(`The workbench is running at ${url}`);
    expect(messages).toContainEqual(expect.stringMatching(/^Draining/));
    expect(messages.at(-1)).toBe("Stopped.");
    expect(exit.stdout).not.toContain(password);
    for (const line of lines) expect(line.length).toBeLessThan(3000);
  });
});

describe.concurrent("development", () => {
  it("starts with the default of a bad setting, and says so", async () => {
    const bad = { SOCKETIO_PING_TIMEOUT: "-1", SOCKETIO_LOG_LEVEL: "warn" };
    const server = await start(await environment(bad));
    expect(server.stdout).toMatch(/"msg":"SOCKETIO_PING_TIMEOUT is \\"-1\\", but .*The default is used/);
  });
});

describe("a start", () => {
  it("says where the server is; the second one is quick, silent about the password, and knows the sessions", async ({
    annotate,
  }) => {
    const settings = await environment();
    const first = await start(settings);
    expect(first.stdout).toContain(`The workbench is running at http://127.0.0.1:${settings.PORT}\n`);
    const url = `http://127.0.0.1:${settings.PORT}`;
    const { cookie } = await signIn(url, administrator);
    expect(await first.kill("SIGTERM")).toMatchObject({ code: 0, signal: null, stderr: "" });

    const stalled = watchStalls();
    const second = await start(settings);
    expect(second.stdout).toBe(`The workbench is running at ${url}\n`);
    // The promise is 5 s, with nothing else going on; here there are other tests.
    await annotate(`${Math.round(second.startedAfterMs)} ms`, "second start");
    expect(second.startedAfterMs - stalled()).toBeLessThan(20_000);
    expect((await fetchClientConfig(url, { cookie })).user?.role).toBe("admin");
  });
});

describe("SIGTERM", () => {
  it("drains as it is set up to; a second one ends the process at once", async () => {
    const settings = await environment({ SIGNALBOX_DRAIN_DELAY: "1", SIGNALBOX_DRAIN_WINDOW: "60" });
    const server = await start(settings);
    const url = `http://127.0.0.1:${settings.PORT}`;
    const root = await signIn(url, administrator);
    const clients = [
      await connectClient(url, { cookie: root.cookie }),
      await connectClient(url, { cookie: root.cookie, transport: "polling" }),
    ];
    onTestFinished(() => {
      for (const client of clients) client.close();
    });
    server.process.kill("SIGTERM");
    await expect.poll(async () => (await fetch(`${url}/readyz`)).status).toBe(503);
    expect((await root.start({ steps: 1, step_ms: 1 })).status).toBe(201);
    await clients[0]?.next("server_draining");
    // The other one's turn is in half a minute.
    expect(await clients[1]?.request("check_connection", {})).toMatchObject({ ok: true });
    const stalled = watchStalls();
    const exit = await server.kill("SIGTERM");
    expect(exit).toMatchObject({ code: 1, stderr: "" });
    expect(exit.afterMs - stalled()).toBeLessThan(1000);
  });

  it("notifies the connected clients, and ends the process with code 0, whatever is under way", async () => {
    const settings = await environment();
    const server = await start(settings);
    const url = `http://127.0.0.1:${settings.PORT}`;
    const root = await signIn(url, administrator);
    const client = await connectClient(url, { cookie: root.cookie });
    onTestFinished(() => client.close());
    await root.start({ steps: 1000, step_ms: 60_000 });
    const image = await makeImage("a.jpg", 200, 150);
    expect((await root.start(Array.from({ length: 100 }, () => image))).status).toBe(201);
    // An upload that sleeps, and a connection kept for later.
    const { csrf } = await fetchClientConfig(url, { cookie: root.cookie });
    const sleeping = connect(Number(settings.PORT), "127.0.0.1").on("error", () => {});
    onTestFinished(() => void sleeping.destroy());
    sleeping.write(
      rawRequest("POST", "/api/tasks", [
        ["Origin", url],
        ["Cookie", root.cookie],
        ["X-CSRF-Token", csrf ?? ""],
        ["Content-Type", "multipart/form-data; boundary=b"],
        ["Content-Length", "1000"],
      ]),
    );
    await expect.poll(() => readdir(join(settings.DATA_DIR ?? "", "uploads"))).toHaveLength(2);

    const draining = client.next("server_draining", 20_000);
    const stalled = watchStalls();
    const exit = await server.kill("SIGTERM");
    expect(exit).toMatchObject({ code: 0, signal: null, stderr: "" });
    expect(exit.afterMs - stalled()).toBeLessThan(10_000);
    expect(await draining).toEqual({ reconnect_after_ms: expect.any(Number) });
  });
});
