/** Address blocks, named as the security log and the list of connections name them. */
import { expect, it, onTestFinished } from "vitest";
import { connectClient, startTestServer } from "../../src/testing/index.ts";

it.each([
  ["203.0.113.7", "203.0.113.7", "203.0.113.7"],
  ["2001:db8::1", "2001:db8::ffff:2", "2001:db8:0:0::/64"],
  ["2001:db8:0:0::/64", "2001:db8::3", "2001:db8:0:0::/64"],
])("a block of %s refuses guests at %s, shown as %s, until it is lifted", async (named, guest, id) => {
  const server = await startTestServer({ env: { SOCKETIO_REQUIRE_AUTH: "false", TRUST_PROXY: "127.0.0.1" } });
  onTestFinished(() => server.close());
  const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
  const admin = await connectClient(server.url, { cookie, namespace: "/admin" });
  onTestFinished(() => admin.close());
  const headers = { "x-forwarded-for": guest };
  const knock = () =>
    connectClient(server.url, { headers }).then(
      (client) => {
        client.close();
        return "in";
      },
      ({ data }) => data.code,
    );

  expect(await knock()).toBe("in");
  const block = { subject: "address", id: named, seconds: 60, reason: "floods" };
  expect(await admin.request("add_block", block)).toMatchObject({ ok: true, block: { subject: "address", id } });
  expect(await knock()).toBe("blocked");
  expect(await admin.request("lift_block", { subject: "address", id: guest })).toMatchObject({ lifted: true });
  expect(await knock()).toBe("in");
});
