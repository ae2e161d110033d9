/** A `sid` is a secret: a client that knows another's can neither use nor end that connection, and is recorded. */
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import {
  connectClient,
  rawRequest,
  sendRaw,
  startTestServer,
  type TestServer,
  upgradeHeaders,
} from "../../src/testing/index.ts";
import { openSid, pollingPath } from "../hostile/raw-socket.ts";

let server: TestServer;
beforeEach(async () => {
  server = await startTestServer();
});
const close = () => onTestFinished(() => server.close());

const send = (method: string, sid: string, headers: Record<string, string>, body = "") =>
  sendRaw(server.port, rawRequest(method, pollingPath(sid), Object.entries({ Connection: "close", ...headers }), body));
const securityTypes = (): string[] =>
  server.logged.flatMap(({ fields }) => ("security" in fields ? [(fields.security as { type: string }).type] : []));

describe("a GET while the owner polls", () => {
  it("is refused with 403 and ends nothing, where the sid is all that is known of the owner", async () => {
    close();
    const token = server.sessions.signIn({ userId: "py" }).cookie.split("=")[1] ?? "";
    const owner = await connectClient(server.url, { auth: { token }, transport: "polling" });
    onTestFinished(() => owner.close());
    const sid = owner.socket.io.engine.id;
    expect(await owner.request("check_connection", {})).toMatchObject({ ok: true });
    for (let n = 0; n < 3; n += 1) expect((await send("GET", sid, {})).status).toBe(403);
    expect(await owner.request("check_connection", {})).toMatchObject({ ok: true });
    expect(owner.socket.connected).toBe(true);
    expect(new Set(securityTypes())).toEqual(new Set(["auth_failed"]));
  });

  it("is refused also when it is the owner's own, and the first one is answered", async () => {
    close();
    const sid = await openSid(server);
    const origin = { Origin: server.url };
    await send("POST", sid, origin, "40");
    const first = await send("GET", sid, origin);
    expect(first.status).toBe(200);
    const waiting = send("GET", sid, origin);
    await expect.poll(async () => (await send("GET", sid, origin)).status).toBe(403);
    server.realtime.io.engine.close();
    expect((await waiting).status).toBe(200);
  });
});

it("a session that was renewed under a polling connection is a failed authentication, not a denied administrator", async () => {
  close();
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const sid = await openSid(server, { Cookie: cookie });
  const renewed = server.sessions.signIn({ userId: "ada" }).cookie;
  const response = await send("GET", sid, { Origin: server.url, Cookie: renewed });
  expect([response.status, JSON.parse(response.body).error.code]).toEqual([403, "forbidden"]);
  expect(securityTypes()).toEqual(["auth_failed"]);
});

describe("a target that two readers of URLs read differently", () => {
  const ways = ["GET", "POST", "upgrade"] as const;

  async function attack(way: (typeof ways)[number], spelling: (sid: string) => string) {
    close();
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const sid = spelling(await openSid(server, { Cookie: cookie }));
    if (way !== "upgrade") return send(way, sid, { Origin: server.url }, way === "POST" ? "40" : "");
    const target = pollingPath(sid).replace("transport=polling", "transport=websocket");
    return sendRaw(server.port, rawRequest("GET", target, [...upgradeHeaders, ["Origin", server.url]]));
  }

  // Engine.IO's parser cuts a fragment off, and would use the `sid` that was not checked.
  it.each(ways)("with a fragment behind another user's sid is refused: %s", async (way) => {
    const answer = await attack(way, (sid) => `${sid}#`);
    expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([400, "payload_invalid"]);
  });

  it.each(ways)("with an encoded letter in another user's sid is treated as that sid: %s", async (way) => {
    const encode = ([first = "", ...rest]: string) => `%${first.charCodeAt(0).toString(16)}${rest.join("")}`;
    const answer = await attack(way, encode);
    expect([answer.status, JSON.parse(answer.body).error.code]).toEqual([403, "forbidden"]);
  });
});

it("an upgrade of a connection that does not exist is answered by Engine.IO, before the stream is closed", async () => {
  close();
  const target = "/socket.io/?EIO=4&transport=websocket&sid=nobody";
  const answer = await sendRaw(server.port, rawRequest("GET", target, [...upgradeHeaders, ["Origin", server.url]]));
  expect([answer.status, answer.body]).toEqual([400, "Session ID unknown"]);
});
