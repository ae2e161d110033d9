/** Live sockets follow the answers of the session source. The test advances the clock, so that no test has to wait. */
import { describe, expect, it, onTestFinished } from "vitest";
import type { Principal, Session, SessionChange, SessionProblem } from "../../src/core/ports.ts";
import type { SessionHandle, SessionLookup } from "../../src/sessions/session-lookup.ts";
import { defineNamespace, type NamespaceDefinition } from "../../src/socket-io/namespaces/define-namespace.ts";
import { createSessionMonitor } from "../../src/socket-io/namespaces/session-monitor.ts";
import { type RealtimeSocket, sessionHandles } from "../../src/socket-io/socket.ts";
import {
  connectClient,
  createFakeClock,
  startTestServer,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";
import { createLatch } from "../latch.ts";
import { createTestLog } from "../security-log/fixture.ts";

const sweepMs = 500;
const recheckMs = 10_000;

async function start(options: Parameters<typeof startTestServer>[0] = {}) {
  const clock = createFakeClock(Date.now());
  const env = { SIGNALBOX_SESSION_RECHECK: String(recheckMs / 1000), ...options.env };
  const server = await startTestServer({ ...options, clock, env });
  onTestFinished(() => server.close());
  return { clock, server };
}

async function connect(server: TestServer, options: Parameters<typeof connectClient>[1]) {
  const client = await connectClient(server.url, options);
  onTestFinished(() => client.close());
  return client;
}

/** Makes the session source answer with a changed session. */
function alter(server: TestServer, change: Partial<Session>): void {
  const { resolve } = server.sessions;
  server.sessions.resolve = async (credential) => {
    const found = await resolve(credential);
    return typeof found === "string" ? found : { ...found, ...change };
  };
}

/** Once this is answered, look-ups that the test source answers at once have taken effect. */
const settle = (client: Awaited<ReturnType<typeof connect>>) => client.request("check_connection", {});

describe("a live socket whose cookie now opens another user's session", () => {
  it.each(transports)("is closed as revoked when the periodic look-up finds it, over %s", async (transport) => {
    const { clock, server } = await start();
    const client = await connect(server, { cookie: server.sessions.signIn({ userId: "ada" }).cookie, transport });
    alter(server, { userId: "bob" });
    clock.advance(recheckMs);
    expect(await client.next("session_ending")).toMatchObject({ reason: "revoked" });
    await client.disconnected();
    await expect.poll(() => server.realtime.io.engine.clientsCount).toBe(0);
  });

  it("is closed as revoked when a change of the role is reported", async () => {
    const { server } = await start();
    const client = await connect(server, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    alter(server, { userId: "bob" });
    server.sessions.setRole("ada", "admin");
    expect(await client.next("session_ending")).toMatchObject({ reason: "revoked" });
    await client.disconnected();
  });
});

describe("the periodic look-up", () => {
  it("asks once per session and interval, however many sockets a session has", async () => {
    const { clock, server } = await start();
    const ada = server.sessions.signIn({ userId: "ada", role: "admin" });
    await connect(server, { cookie: ada.cookie });
    await connect(server, { cookie: ada.cookie, transport: "polling" });
    await connect(server, { cookie: ada.cookie, namespace: "/admin" });
    await connect(server, { cookie: server.sessions.signIn({ userId: "bob" }).cookie });
    const before = server.sessions.lookups();
    clock.advance(recheckMs - sweepMs);
    expect(server.sessions.lookups() - before).toBe(0);
    clock.advance(sweepMs);
    expect(server.sessions.lookups() - before).toBe(2);
    clock.advance(recheckMs - sweepMs);
    expect(server.sessions.lookups() - before).toBe(2);
    clock.advance(sweepMs);
    expect(server.sessions.lookups() - before).toBe(4);
  });

  it("does not ask a slow store again at each sweep", async () => {
    const { clock, server } = await start();
    await connect(server, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    server.sessions.setHealth("hanging");
    const before = server.sessions.lookups();
    clock.advance(recheckMs);
    clock.advance(sweepMs);
    clock.advance(sweepMs);
    expect(server.sessions.lookups() - before).toBe(1);
  });

  it("asks nothing for guests, and nothing at all once the server is closed", async () => {
    const { clock, server } = await start({ env: { SOCKETIO_REQUIRE_AUTH: "false" } });
    await connect(server, {});
    const before = server.sessions.lookups();
    clock.advance(recheckMs);
    expect(server.sessions.lookups() - before).toBe(0);
    await connect(server, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    await server.close();
    const atTheEnd = server.sessions.lookups();
    clock.advance(recheckMs);
    expect(server.sessions.lookups()).toBe(atTheEnd);
  });

  it("judges no room again while the session stays as it is", async () => {
    let asked = 0;
    const { clock, server } = await start({
      roomAccess: () => {
        asked += 1;
        return true;
      },
    });
    const client = await connect(server, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    await client.request("join_room", { room_id: "open" });
    clock.advance(recheckMs);
    await settle(client);
    expect(asked).toBe(1);
    server.sessions.setRole("ada", "user");
    await expect.poll(() => asked).toBe(2);
  });

  it.each([
    ["a new name", { username: "Countess" }],
    ["another role", { role: "admin" }],
  ] as const)("follows %s that no source reported", async (_what, change) => {
    const { clock, server } = await start();
    const client = await connect(server, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    alter(server, change);
    clock.advance(recheckMs);
    const [socket] = server.realtime.io.of("/").sockets.values();
    await expect.poll(() => socket?.data.principal).toMatchObject({ userId: "ada", ...change });
    expect(client.received("session_ending")).toEqual([]);
  });

  it("judges the rooms again after a new name that no source reported", async () => {
    const { clock, server } = await start({ roomAccess: (_room, { username }) => username === "ada" });
    const client = await connect(server, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
    await client.request("join_room", { room_id: "hers" });
    alter(server, { username: "Countess" });
    clock.advance(recheckMs);
    await expect.poll(() => server.realtime.io.of("/").adapter.rooms.get("hers")?.size).toBe(undefined);
  });

  it("closes only the namespace that a demoted administrator may no longer be in", async () => {
    const { clock, server } = await start();
    const client = await connect(server, { cookie: server.sessions.signIn({ userId: "root", role: "admin" }).cookie });
    const admin = client.socket.io.socket("/admin", { auth: client.socket.auth as object });
    await new Promise<void>((resolve) => admin.once("connect", resolve));
    const told = new Promise((resolve) => admin.once("session_ending", resolve));
    const closed = new Promise((resolve) => admin.once("disconnect", resolve));
    server.sessions.setRoleQuietly("root", "user");
    clock.advance(recheckMs);
    expect(await told).toEqual({ reason: "role_changed", at: new Date(clock.now()).toISOString() });
    await closed;
    expect(await settle(client)).toMatchObject({ ok: true });
  });
});

describe("an expired session", () => {
  it("is closed as expired at the sweep of its last millisecond, however long the periodic look-up takes", async () => {
    const { clock, server } = await start();
    const { cookie } = server.sessions.signIn({ userId: "ada", expiresAt: clock.now() + 10 * sweepMs });
    const client = await connect(server, { cookie });
    const before = server.sessions.lookups();
    clock.advance(9 * sweepMs);
    expect(server.sessions.lookups() - before).toBe(0);
    clock.advance(sweepMs);
    expect(server.sessions.lookups() - before).toBe(1);
    expect(await client.next("session_ending")).toMatchObject({ reason: "expired" });
    await client.disconnected();
  });

  it("is closed although the store is down, which ends no other session", async () => {
    const { clock, server } = await start();
    const signIn = (userId: string, leftMs: number) =>
      server.sessions.signIn({ userId, expiresAt: clock.now() + leftMs }).cookie;
    const short = await connect(server, { cookie: signIn("ada", recheckMs) });
    const long = await connect(server, { cookie: signIn("bob", 100 * recheckMs) });
    const endless = await connect(server, { cookie: server.sessions.signIn({ userId: "eve" }).cookie });
    server.sessions.setHealth("failing");
    clock.advance(recheckMs);
    expect(await short.next("session_ending")).toMatchObject({ reason: "expired" });
    await short.disconnected();
    for (const client of [long, endless]) expect(await settle(client)).toMatchObject({ ok: true });
    const { expiresAt } = [...server.realtime.io.of("/").sockets.values()][0]?.data.principal.session ?? {};
    expect(expiresAt).toBeGreaterThan(clock.now());
  });
});

describe("the reason of the end", () => {
  it("is that the session was revoked where it has ended without a report", async () => {
    const { clock, server } = await start();
    const { cookie, ref } = server.sessions.signIn({ userId: "ada" });
    const client = await connect(server, { cookie });
    server.sessions.forget(ref);
    clock.advance(recheckMs);
    expect(await client.next("session_ending")).toMatchObject({ reason: "revoked" });
  });

  it("is the reported one, unless that is a change of the role", async () => {
    const { server } = await start();
    for (const [reason, told] of [
      ["banned", "banned"],
      ["role_changed", "revoked"],
    ] as const) {
      const client = await connect(server, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
      server.sessions.end({ userId: "ada" }, reason);
      expect(await client.next("session_ending")).toMatchObject({ reason: told });
    }
  });
});

it("a namespace's access rule that throws after a change closes the namespace, and is logged", async () => {
  const { server } = await start();
  let broken = false;
  const access = () => {
    if (broken) throw new Error("no rule");
    return true;
  };
  server.realtime.namespace(defineNamespace({ path: "/office", access, requests: {}, rooms: () => [] }));
  const client = await connect(server, {
    cookie: server.sessions.signIn({ userId: "ada" }).cookie,
    namespace: "/office",
  });
  broken = true;
  server.sessions.setRole("ada", "user");
  expect(await client.next("session_ending")).toMatchObject({ reason: "role_changed" });
  expect(server.logged.some(({ message }) => message.includes("access rule failed"))).toBe(true);
});

it("a socket that connects after a change was reported is not looked up a second time", async () => {
  const { clock, server } = await start();
  const other = await connect(server, { cookie: server.sessions.signIn({ userId: "bob" }).cookie });
  server.sessions.end({ userId: "bob" }, "signed_out");
  await other.disconnected();
  clock.advance(1);
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const before = server.sessions.lookups();
  await connect(server, { cookie });
  expect(server.sessions.lookups() - before).toBe(1);
});

it("a socket that is gone when its look-up ends is not reported as ended", async () => {
  const { clock, server } = await start();
  const { cookie, ref } = server.sessions.signIn({ userId: "ada" });
  const client = await connect(server, { cookie });
  const bystander = await connect(server, { cookie: server.sessions.signIn({ userId: "bob" }).cookie });
  const latch = createLatch();
  const { resolve } = server.sessions;
  server.sessions.resolve = async (credential) => {
    await latch.pass();
    return resolve(credential);
  };
  server.sessions.forget(ref);
  clock.advance(recheckMs);
  await latch.reached;
  client.close();
  await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(1);
  latch.open();
  await settle(bystander);
  expect(server.logged.filter(({ message }) => message.includes("live connection was ended"))).toEqual([]);
});

describe("a session monitor", () => {
  /** Sockets of `count` sessions, and a look-up whose answers the test gives. */
  function watchSockets(count: number, recheck = Number.POSITIVE_INFINITY) {
    const clock = createFakeClock();
    const log = createTestLog();
    const asked: { settle(found: Session | SessionProblem): void; fail(error: Error): void }[] = [];
    const done: string[] = [];
    const closed: boolean[] = [];
    const ended: string[] = [];
    const forgotten: SessionChange[] = [];
    const sockets = Array.from({ length: count }, (_, index) => {
      const principal: Principal = {
        ...{ userId: `u${index}`, username: "U", role: "user" },
        session: { ref: `s${index}`, expiresAt: null },
      };
      const socket = {
        ...{ connected: true, data: { principal, checkedAt: 0 }, rooms: new Set() },
        ...{ emit: () => done.push(`end ${index}`), disconnect: (closes: boolean) => closed.push(closes) },
      } as unknown as RealtimeSocket;
      sessionHandles.put(socket, {} as SessionHandle);
      return socket;
    });
    let cleared = 0;
    const lookup = {
      fresh: () =>
        new Promise((resolve, reject) => {
          asked.push({ settle: resolve, fail: reject });
        }),
      invalidate: (change: SessionChange) => void forgotten.push(change),
      clear: () => {
        cleared += 1;
      },
    } as unknown as SessionLookup;
    const monitor = createSessionMonitor({
      ...{ lookup, clock, log, recheckMs: recheck, sockets: () => sockets },
      definitionOf: () => ({ access: "user", rooms: () => [] }) as unknown as NamespaceDefinition,
      onEnded: (_socket, reason) => void ended.push(reason),
    });
    return { asked, clock, closed, done, ended, forgotten, log, monitor, sockets, cleared: () => cleared };
  }
  const turn = () => new Promise((resolve) => setImmediate(resolve));

  it("that looks all sessions up again forgets the known ones, and asks for 200 at a time", async () => {
    const { asked, cleared, done, monitor } = watchSockets(450);
    monitor.lookAgain();
    expect(cleared()).toBe(1);
    const sizes: number[] = [];
    for (let batch = 0; batch < 3; batch += 1) {
      await turn();
      sizes.push(asked.length);
      for (const { settle: answer } of asked.splice(0)) answer("session_revoked");
    }
    await turn();
    expect(sizes).toEqual([200, 200, 50]);
    expect(asked).toEqual([]);
    expect(done).toHaveLength(450);
  });

  it("looks up the sessions that a change names, by reference or by user, after it has forgotten them", async () => {
    const { asked, forgotten, monitor } = watchSockets(3);
    void monitor.changed({ ref: "s1" });
    expect([asked.length, forgotten]).toEqual([1, [{ ref: "s1" }]]);
    void monitor.changed({ userId: "u2" });
    expect([asked.length, forgotten]).toEqual([2, [{ ref: "s1" }, { userId: "u2" }]]);
    void monitor.changed({ ref: "s0", userId: "u2" });
    expect(asked).toHaveLength(4);
    void monitor.changed({ ref: "u0", userId: "s0" });
    expect(asked).toHaveLength(4);
  });

  it("ends a session with the rights taken away and the reason, and closes the transport unless the role changed", async () => {
    const { asked, closed, done, ended, monitor, sockets } = watchSockets(2);
    void monitor.changed({ ref: "s0", reason: "banned" });
    void monitor.changed({ ref: "s1", reason: "role_changed" });
    asked[0]?.settle("session_revoked");
    asked[1]?.settle({ ref: "s1", userId: "u1", username: "U1", role: "guest", expiresAt: null });
    await turn();
    expect(ended).toEqual(["banned", "role_changed"]);
    expect(done).toEqual(["end 0", "end 1"]);
    expect(closed).toEqual([true, false]);
    expect(sockets.map(({ data }) => data.principal.role)).toEqual(["guest", "guest"]);
  });

  it("that looks all sessions up again looks those up once more which connect at that moment", async () => {
    const { asked, clock, monitor, sockets } = watchSockets(1);
    clock.advance(5);
    const [socket] = sockets;
    if (socket === undefined) throw new Error("There is no socket.");
    monitor.adopt(socket);
    expect(asked).toHaveLength(0);
    monitor.lookAgain();
    monitor.adopt(socket);
    expect(asked).toHaveLength(2);
  });

  it("logs a look-up that fails otherwise than by a refusal, and keeps the socket", async () => {
    const { asked, clock, done, log } = watchSockets(1, sweepMs);
    clock.advance(sweepMs);
    asked[0]?.fail(new TypeError("a bug"));
    await turn();
    expect(log.lines.map(({ level }) => level)).toEqual(["error"]);
    expect(done).toEqual([]);
  });
});
