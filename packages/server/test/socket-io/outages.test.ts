/** An outage is two lines of the log and a status in /readyz, however many requests it affects. */
import { describe, expect, it, onTestFinished } from "vitest";
import { createMemoryStore } from "../../src/store/memory.ts";
import {
  createFakeClock,
  fetchClientConfig,
  refusalOf,
  startTestServer,
  type TestServer,
} from "../../src/testing/index.ts";

async function readiness(server: TestServer) {
  const response = await fetch(`${server.url}/readyz`);
  return { httpStatus: response.status, ...((await response.json()) as object) };
}
const linesOf = (server: TestServer, dependency: string) =>
  server.logged.filter(({ fields }) => "dependency" in fields && fields.dependency === dependency);

describe("a session store that fails", () => {
  it("is logged once with the cause, seen in /readyz, and logged again when it is back", async () => {
    const clock = createFakeClock(Date.now());
    const server = await startTestServer({ clock });
    onTestFinished(() => server.close());
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    expect(await readiness(server)).toMatchObject({ httpStatus: 200, dependencies: { sessions: { status: "ok" } } });

    server.sessions.setHealth("failing");
    for (let n = 0; n < 5; n += 1) {
      expect((await refusalOf(server.url, { cookie, auth: {} })).code).toBe("unavailable");
    }
    const [line, ...others] = linesOf(server, "session store");
    expect(others).toEqual([]);
    expect(line).toMatchObject({ level: "error", message: "The session store does not answer." });
    expect(line?.fields).toMatchObject({ err: { message: "The session store is down." } });
    const failing = await readiness(server);
    expect(failing).toMatchObject({
      ...{ httpStatus: 503, status: "degraded" },
      dependencies: { store: { status: "ok" }, sessions: { status: "failing" } },
    });
    expect(JSON.stringify(failing)).not.toContain("is down");

    server.sessions.setHealth("ok");
    clock.advance(1000);
    await fetchClientConfig(server.url, { cookie });
    expect((await readiness(server)).httpStatus).toBe(200);
    expect(linesOf(server, "session store").map(({ message }) => message)).toEqual([
      "The session store does not answer.",
      "The session store answers again.",
    ]);
  });

  it("and is not asked again counts as healthy after 30 s, or the server would never get traffic again", async () => {
    const clock = createFakeClock(Date.now());
    const server = await startTestServer({ clock });
    onTestFinished(() => server.close());
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    server.sessions.setHealth("failing");
    await refusalOf(server.url, { cookie, auth: {} });
    clock.advance(29_000);
    expect((await readiness(server)).httpStatus).toBe(503);
    clock.advance(1000);
    expect((await readiness(server)).httpStatus).toBe(200);
  });

  it("now and then does not make a line each time", async () => {
    const clock = createFakeClock(Date.now());
    const server = await startTestServer({ clock, env: { SIGNALBOX_SESSION_CACHE: "0" } });
    onTestFinished(() => server.close());
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    for (const health of ["failing", "ok", "failing", "ok", "failing", "ok"] as const) {
      server.sessions.setHealth(health);
      await fetch(`${server.url}/realtime/client-config`, { headers: { origin: server.url, cookie } });
    }
    expect(linesOf(server, "session store")).toHaveLength(1);
  });
});

it("a failing store is logged once, not once per GET /readyz, and again when it is back", async () => {
  const clock = createFakeClock(Date.now());
  let failing = true;
  const ping = async () => {
    if (failing) throw new Error("The disk is gone.");
  };
  const server = await startTestServer({ clock, store: { ...createMemoryStore({ maxSecurityEvents: 100 }), ping } });
  onTestFinished(() => server.close());
  for (let n = 0; n < 20; n += 1) expect((await readiness(server)).httpStatus).toBe(503);
  expect(server.logged.filter(({ level }) => level === "error")).toHaveLength(1);
  failing = false;
  clock.advance(1000);
  expect((await readiness(server)).httpStatus).toBe(200);
  expect(linesOf(server, "store").map(({ level }) => level)).toEqual(["error", "info"]);
});
