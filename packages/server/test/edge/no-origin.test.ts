/**
 * Clients that are no browsers send no Origin: let in with `Authorization: Bearer`, in python-socketio
 * `sio.connect(url, headers={"Authorization": "Bearer " + token}, auth={"token": token})`.
 */
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { type RawHeaders, rawRequest, sendRaw, startTestServer, type TestServer } from "../../src/testing/index.ts";
import { upgradeHeaders } from "../../src/testing/raw-http.ts";
import { pollingPath } from "../hostile/raw-socket.ts";

let server: TestServer;
let token: string;
beforeEach(async () => {
  server = await startTestServer();
  token = server.sessions.signIn({ userId: "py" }).cookie.split("=")[1] ?? "";
});

const open = "/socket.io/?EIO=4&transport=polling";
const websocket = "/socket.io/?EIO=4&transport=websocket";
const agent = ["User-Agent", "Python/3.13 aiohttp/3.13"] as const;
const send = (method: string, target: string, headers: RawHeaders, body = "") =>
  sendRaw(server.port, rawRequest(method, target, [agent, ["Connection", "close"], ...headers], body));
const sidOf = (body: string): string => JSON.parse(body.slice(1)).sid;

describe("a client that is no browser", () => {
  it("connects by polling with Authorization on each request, is told who it is, and upgrades", async () => {
    onTestFinished(() => server.close());
    const bearer: RawHeaders = [["Authorization", `Bearer ${token}`]];
    const sid = sidOf((await send("GET", open, bearer)).body);
    expect((await send("POST", pollingPath(sid), bearer, `40${JSON.stringify({ token })}`)).body).toBe("ok");
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(1);
    const { body } = await send("GET", pollingPath(sid), bearer);
    expect(body).toContain('"user_id":"py"');
    const upgraded = await sendRaw(
      server.port,
      rawRequest("GET", `${websocket}&sid=${sid}`, [agent, ...upgradeHeaders, ...bearer]),
    );
    expect(upgraded.status).toBe(101);
  });

  it("with auth.token alone may open by GET, and is refused on POST and upgrade; the hint names the header", async () => {
    onTestFinished(() => server.close());
    const opened = await send("GET", open, []);
    expect(opened.status).toBe(200);
    const posted = await send("POST", pollingPath(sidOf(opened.body)), [], `40${JSON.stringify({ token })}`);
    const upgraded = await sendRaw(server.port, rawRequest("GET", websocket, [agent, ...upgradeHeaders]));
    for (const { status, body } of [posted, upgraded]) {
      expect(status).toBe(403);
      expect(JSON.parse(body).error).toMatchObject({ code: "origin_refused" });
      expect(JSON.parse(body).error.hint).toContain("Authorization: Bearer");
    }
    expect(server.realtime.io.of("/").sockets.size).toBe(0);
  });

  it("with a cookie is not let in by the header: another site could have borrowed the cookie", async () => {
    onTestFinished(() => server.close());
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const both: RawHeaders = [
      ["Authorization", `Bearer ${token}`],
      ["Cookie", cookie],
    ];
    expect((await sendRaw(server.port, rawRequest("GET", websocket, [...upgradeHeaders, ...both]))).status).toBe(403);
  });

  it.each(["Bearer", "Bearer ", `Basic ${Buffer.from("a:b").toString("base64")}`])(
    "with Authorization: %s has no token",
    async (authorization) => {
      onTestFinished(() => server.close());
      const headers: RawHeaders = [...upgradeHeaders, ["Authorization", authorization]];
      expect((await sendRaw(server.port, rawRequest("GET", websocket, headers))).status).toBe(403);
    },
  );
});
