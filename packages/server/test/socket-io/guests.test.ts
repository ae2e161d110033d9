/** Visitors whose session has ended, where guests are allowed (fault A7). */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { defineNamespace } from "../../src/socket-io/namespaces/define-namespace.ts";
import {
  connectClient,
  fetchClientConfig,
  refusalOf,
  startTestServer,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer({ env: { SOCKETIO_REQUIRE_AUTH: "false", SIGNALBOX_SESSION_CACHE: "0" } });
});
afterEach(() => server.close());

/** Cookies of visitors, none of which opens a session. */
const stale: Record<string, () => string> = {
  invalid: () => "test.sid=made-up",
  expired: () => server.sessions.signIn({ userId: "ada", expiresAt: 1 }).cookie,
  revoked() {
    const { cookie, ref } = server.sessions.signIn({ userId: "ada" });
    server.sessions.end({ ref }, "revoked");
    return cookie;
  },
};

describe.each(transports)("over %s", (transport) => {
  it.each(Object.keys(stale))(
    "lets a visitor with an %s session in as a guest, as client-config says",
    async (kind) => {
      const cookie = stale[kind]?.() ?? "";
      const config = await fetchClientConfig(server.url, { cookie });
      expect(config).toMatchObject({ authenticated: false, guests: true });
      expect(config).not.toHaveProperty("user");
      const client = await connectClient(server.url, { cookie, transport });
      expect(await client.next("connection_established")).toMatchObject({
        role: "guest",
        username: "Guest",
        user_id: expect.stringMatching(/^guest:/),
        session_expires_at: null,
      });
      client.close();
    },
  );

  it("takes a visitor whose token opens no session for a guest too", async () => {
    const client = await connectClient(server.url, { transport, auth: { token: "made-up" } });
    expect(await client.next("connection_established")).toMatchObject({ role: "guest" });
    client.close();
  });

  it("reports an ended session on a namespace that admits no guests", async () => {
    server.realtime.namespace(defineNamespace({ path: "/chat", access: "user", requests: {} }));
    for (const namespace of ["/chat", "/admin"]) {
      const { code } = await refusalOf(server.url, { cookie: "test.sid=made-up", namespace, transport });
      expect(code).toBe("session_invalid");
    }
  });

  it("does not make a guest of a connection on which a session was live", async () => {
    const { cookie, ref } = server.sessions.signIn({ userId: "ada" });
    const client = await connectClient(server.url, { cookie, transport });
    // Without a report, so that the connection still exists when it requests another namespace.
    server.sessions.forget(ref);
    server.realtime.namespace(defineNamespace({ path: "/open", access: "guest", requests: {} }));
    const refused = new Promise<{ data?: { code: string } }>((resolve) => {
      const other = client.socket.io.socket("/open", { auth: {} });
      other.once("connect_error", resolve);
      other.connect();
    });
    expect((await refused).data?.code).toBe("session_invalid");
    client.close();
  });

  it("refuses a store that is down as unavailable, and a valid session without its token as csrf_invalid", async () => {
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    expect((await refusalOf(server.url, { cookie, auth: {}, transport })).code).toBe("csrf_invalid");
    server.sessions.setHealth("failing");
    const other = server.sessions.signIn({ userId: "bob" });
    expect((await refusalOf(server.url, { cookie: other.cookie, auth: {}, transport })).code).toBe("unavailable");
  });
});
