/** What a handshake's `auth` may omit, and how (fault A20). */
import { expect, it, onTestFinished } from "vitest";
import { connectClient, refusalOf, startTestServer, transports } from "../../src/testing/index.ts";

async function start() {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const config = await fetch(`${server.url}/realtime/client-config`, { headers: { origin: server.url, cookie } });
  const { csrf } = (await config.json()) as { csrf: string };
  return { url: server.url, cookie, csrf };
}

it.each([
  ["null", null],
  ["empty", ""],
  ["undefined", undefined],
])("a token that is %s is ignored, and the cookie is used", async (_what, token) => {
  const { url, cookie, csrf } = await start();
  for (const transport of transports) {
    const client = await connectClient(url, { cookie, transport, auth: { csrf, token } });
    expect(await client.next("connection_established")).toMatchObject({ user_id: "ada" });
    client.close();
    expect((await refusalOf(url, { transport, auth: { token } })).code).toBe("session_missing");
  }
});

it("every other field may be null too, and an empty csrf token is none", async () => {
  const { url, cookie, csrf } = await start();
  const client = await connectClient(url, { cookie, auth: { csrf, token: null, client: null, accepts: null } });
  client.close();
  for (const none of [null, ""]) {
    expect((await refusalOf(url, { cookie, auth: { csrf: none } })).code).toBe("csrf_invalid");
  }
});

it.each([
  ["auth.token", { token: 42 }],
  ["auth.token", { token: false }],
  ["auth.token", { token: {} }],
  ["auth.token", { token: ["x"] }],
  ["auth.csrf", { csrf: 1 }],
  ["auth.client.name", { client: { name: 5, version: "1" } }],
  ["auth.accepts", { accepts: "progress_batch" }],
  ["auth.accepts.0", { accepts: [null] }],
])("a wrong type of %s is refused with its name", async (field, auth) => {
  const { url } = await start();
  for (const transport of transports) {
    const refusal = await refusalOf(url, { transport, auth });
    expect(refusal.code).toBe("payload_invalid");
    expect(refusal.hint?.split(": ")[0]).toBe(field);
  }
});
