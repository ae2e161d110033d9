/** No client is blocked for what honest clients are refused, nor for what another signed-in user does. */
import { describe, expect, it, onTestFinished } from "vitest";
import { connectClient, createFakeClock, refusalOf, startTestServer, transports } from "../../src/testing/index.ts";

async function start(env: Record<string, string> = {}) {
  const clock = createFakeClock(Date.now());
  // All clients here share the address of one machine, and guests show at once whether it is blocked.
  const roomy = { SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "100000", SIGNALBOX_CONNECT_RATE_PER_USER: "100000" };
  const server = await startTestServer({ clock, env: { SOCKETIO_REQUIRE_AUTH: "false", ...roomy, ...env } });
  onTestFinished(() => server.close());
  const admin = await connectClient(server.url, {
    cookie: server.sessions.signIn({ userId: "root", role: "admin" }).cookie,
    namespace: "/admin",
  });
  onTestFinished(() => admin.close());
  return {
    ...{ server, clock },
    rows: async (list: "list_blocks" | "list_security_events" = "list_blocks") => (await admin.request(list, {})).rows,
    async expectNobodyBlocked() {
      expect((await admin.request("list_blocks", {})).rows).toEqual([]);
    },
  };
}

describe.each(transports)("over %s", (transport) => {
  it("a tab with an expired session is not blocked, however often it asks for a socket and its task", async () => {
    const { server, clock, expectNobodyBlocked } = await start({ SOCKETIO_REQUIRE_AUTH: "true" });
    const cookie = "test.sid=of-yesterday";
    for (let n = 0; n < 130; n += 1) {
      const answer = await fetch(`${server.url}/realtime/tasks/mine`, { headers: { origin: server.url, cookie } });
      expect(answer.status).toBe(401);
      // On `/`, where guests are allowed, it would be admitted as a guest.
      const asked = { cookie, auth: {}, transport, namespace: "/admin" };
      expect((await refusalOf(server.url, asked)).code).toBe("session_invalid");
      // A block would have ended by the end of the test.
      await expectNobodyBlocked();
      clock.advance(5000);
    }
  });
});

it("a signed-in user who requests unknown namespaces is blocked as a user, and other clients at the address are not", async () => {
  const { server, rows } = await start();
  const { cookie } = server.sessions.signIn({ userId: "mallory" });
  let refused: string | undefined;
  for (let n = 0; n < 150 && refused === undefined; n += 1) {
    const client = await connectClient(server.url, { cookie }).catch(({ data }) => {
      refused = data.code;
    });
    if (!client) break;
    for (let name = 0; name < 10; name += 1) client.socket.io._packet({ type: 0, nsp: `/nowhere-${name}` } as never);
    await client.disconnected();
  }
  expect(refused).toBe("blocked");
  expect(await rows()).toMatchObject([{ subject: "user", id: "mallory", reason: "event_unknown" }]);
  expect(await rows("list_security_events")).toContainEqual(
    expect.objectContaining({ type: "blocked", user_id: "mallory" }),
  );
});

it("a client whose origin is only reported, and admitted, is not blocked", async () => {
  const { server, expectNobodyBlocked } = await start({ SOCKETIO_CORS_REPORT_ONLY: "true" });
  const headers = { origin: "https://elsewhere.example" };
  for (let n = 0; n < 130; n += 1) {
    expect((await fetch(`${server.url}/realtime/client-config`, { headers })).status).toBe(200);
  }
  await expectNobodyBlocked();
});
