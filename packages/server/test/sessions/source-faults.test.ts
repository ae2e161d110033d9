/** What a session source returns is checked once, before other code relies on it (fault A2). */
import { describe, expect, it, onTestFinished } from "vitest";
import type { SessionSource } from "../../src/core/ports.ts";
import {
  connectClient,
  createTestSessions,
  fetchClientConfig,
  refusalOf,
  startTestServer,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";

const sound = { ref: "ref", userId: "ada", username: "Ada", role: "user", expiresAt: null };
const cookie = "test.sid=any";

/** A server whose session source gives this answer, whatever its type says. */
async function startWith(
  answer: unknown,
  more: { source?: object; env?: Record<string, string> } = {},
): Promise<TestServer> {
  const source = { ...createTestSessions(), resolve: async () => answer, ...more.source };
  const sessions = source as unknown as ReturnType<typeof createTestSessions>;
  const server = await startTestServer({ sessions, ...(more.env && { env: more.env }) });
  onTestFinished(() => server.close());
  return server;
}

const errorsOf = ({ logged }: TestServer): string[] =>
  logged.filter(({ level }) => level === "error").map(({ message }) => message);

describe.each([
  ["undefined", undefined, "must return a session, or one of session_missing"],
  ["null", null, "it returned null"],
  ["another text", "nobody", 'it returned "nobody"'],
  ["a number", 42, "it returned 42"],
  ["no fields", {}, "`ref` as a string of 1 to 256 characters"],
  [
    "a numeric user id",
    { ...sound, userId: 42 },
    "`userId` as a string of 1 to 256 characters without NUL; it returned 42",
  ],
  ["an empty user id", { ...sound, userId: "" }, "`userId`"],
  ["an object as user id", { ...sound, userId: { id: 1 } }, "it returned an object"],
  ["a user id of 257 characters", { ...sound, userId: "x".repeat(257) }, "it returned a string of 257 characters"],
  ["a user id with NUL", { ...sound, userId: "a\0b" }, "without NUL"],
  ["a user id with half a surrogate pair", { ...sound, userId: "a\ud83d" }, "`userId`"],
  ["a bigint as user id", { ...sound, userId: 42n }, "it returned 42"],
  ["a symbol as user id", { ...sound, userId: Symbol("id") }, "it returned Symbol(id)"],
  ["a numeric ref", { ...sound, ref: 7 }, "`ref`"],
  ["no name", { ...sound, username: undefined }, "`username` as a string that is not empty"],
  ["a role of the application's own", { ...sound, role: "editor" }, "`role` as one of guest, user, admin"],
  ["no role", { ...sound, role: undefined }, "`role`"],
  ["a Date as expiry", { ...sound, expiresAt: new Date() }, "`expiresAt` as milliseconds since the epoch"],
  ["an invalid time as expiry", { ...sound, expiresAt: Number.NaN }, "it returned NaN"],
  ["a time that no Date can hold", { ...sound, expiresAt: 1e300 }, "`expiresAt`"],
  ["no expiry", { ...sound, expiresAt: undefined }, "null for a session without an end"],
])("a source that answers %s", (_what, answer, sentence) => {
  it("refuses sockets and HTTP as unavailable, and is named in the log once", async () => {
    const server = await startWith(answer);
    for (const transport of transports) {
      expect((await refusalOf(server.url, { cookie, auth: {}, transport })).code).toBe("unavailable");
    }
    await expect(fetchClientConfig(server.url, { cookie: `${cookie}2` })).rejects.toThrow("503");
    expect(errorsOf(server)).toEqual([expect.stringContaining(sentence)]);
  });
});

it("a source whose `credentialOf` throws or returns no credential refuses as unavailable", async () => {
  const broken: Partial<SessionSource>[] = [
    {
      credentialOf() {
        throw new Error("no cookie parser");
      },
    },
    { credentialOf: () => ({ kind: "session", value: "x" }) as never },
    { credentialOf: () => ({ kind: "cookie", value: 42 }) as never },
    // Vitest fails a run with an unhandled rejection; Node ends the process.
    { credentialOf: () => Promise.reject(new Error("no cookie parser")) as never },
  ];
  for (const source of broken) {
    const server = await startWith(sound, { source });
    for (const transport of transports) {
      expect((await refusalOf(server.url, { cookie, auth: {}, transport })).code).toBe("unavailable");
    }
    await expect(fetchClientConfig(server.url, { cookie })).rejects.toThrow("503");
    const withoutOrigin = await fetch(`${server.url}/socket.io/?EIO=4&transport=polling`, { method: "POST" });
    expect(await withoutOrigin.json()).toMatchObject({ error: { code: "origin_refused" } });
    expect(errorsOf(server)).toEqual([expect.stringContaining("`credentialOf` of a session source")]);
  }
});

it("a user id of 256 characters is taken, and can be disconnected by an administrator", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const user_id = "é".repeat(256);
  const user = await connectClient(server.url, server.sessions.signIn({ userId: user_id }));
  const root = server.sessions.signIn({ userId: "root", role: "admin" });
  const admin = await connectClient(server.url, { ...root, namespace: "/admin" });
  expect(await admin.request("disconnect_user", { user_id, reason: "a test" })).toEqual({ ok: true, disconnected: 1 });
  await user.disconnected();
  const { rows } = await admin.request("list_security_events", { type: "admin_action" });
  expect(rows[0].detail).toContain(user_id);
  admin.close();
});

it("a name is cut at 200 code points, with no half of an emoji", async () => {
  const username = `${"x".repeat(199)}😀${"y".repeat(900_000)}`;
  const server = await startWith({ ...sound, username });
  const { user, csrf } = await fetchClientConfig(server.url, { cookie });
  expect(user?.username).toBe(`${"x".repeat(199)}😀`);
  const client = await connectClient(server.url, { cookie, auth: { csrf } });
  expect(await client.next("connection_established")).toMatchObject({ username: user?.username });
  client.close();
});

it("fields that a source adds to a session are dropped", async () => {
  const server = await startWith({ ...sound, password: "secret" });
  const request = { headers: { cookie }, method: "GET", rawHeaders: [], url: "/", socket: {} };
  const principal = await server.realtime.authorize(request as never);
  expect(principal).toEqual({ userId: "ada", username: "Ada", role: "user", session: { ref: "ref", expiresAt: null } });
});

it.each([[undefined], [{}], [{ userId: 42 }], [{ ref: null }], [{ userId: "ada", reason: "because" }]])(
  "a reported change that is %j is logged, and ends nothing",
  async (change) => {
    let tell: (change: never) => void = () => {};
    const server = await startWith(sound, {
      source: {
        watch(onChange: typeof tell) {
          tell = onChange;
          return () => {};
        },
      },
    });
    tell(change as never);
    await expect.poll(() => errorsOf(server)).toEqual(["A session change was not applied."]);
    await expect(server.realtime.sessionChanged(change as never)).rejects.toThrow("session change must");
  },
);
