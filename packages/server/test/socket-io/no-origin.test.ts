/** Clients other than browsers send no Origin. Without a session cookie they authenticate in the namespace. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import {
  type RawHeaders,
  rawRequest,
  sendRaw,
  startTestServer,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";
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

  it.each([
    ["no cookie", []],
    ["an empty cookie", [["Cookie", ""]]],
    ["a load balancer's cookie", [["Cookie", "signalbox_node=7d3f"]]],
  ] as [string, RawHeaders][])("connects by polling with auth.token and %s, and upgrades", async (_what, cookie) => {
    onTestFinished(() => server.close());
    const sid = sidOf((await send("GET", open, cookie)).body);
    expect((await send("POST", pollingPath(sid), cookie, `40${JSON.stringify({ token })}`)).body).toBe("ok");
    await expect.poll(() => server.realtime.io.of("/").sockets.size).toBe(1);
    const { body } = await send("GET", pollingPath(sid), cookie);
    expect(body).toContain('"user_id":"py"');
    for (const query of ["", `&sid=${sid}`]) {
      const request = rawRequest("GET", `${websocket}${query}`, [agent, ...upgradeHeaders, ...cookie]);
      expect((await sendRaw(server.port, request)).status).toBe(101);
    }
  });

  it("connects with ws, auth.token and a load balancer's cookie", async () => {
    onTestFinished(() => server.close());
    const socket = new WebSocket(`ws://127.0.0.1:${server.port}${websocket}`, {
      headers: { cookie: "signalbox_node=7d3f" },
    });
    onTestFinished(() => socket.terminate());
    const frames: string[] = [];
    socket.on("message", (data) => frames.push(String(data)));
    socket.once("message", () => socket.send(`40${JSON.stringify({ token })}`));
    await expect.poll(() => frames.join()).toContain('"user_id":"py"');
  });

  it("with the session's cookie is refused on POST and upgrade, and the hint says what to do", async () => {
    onTestFinished(() => server.close());
    const { cookie } = server.sessions.signIn({ userId: "ada" });
    const headers: RawHeaders = [["Cookie", `signalbox_node=7d3f; ${cookie}`]];
    const opened = await send("GET", open, headers);
    expect(opened.status).toBe(200);
    const posted = await send("POST", pollingPath(sidOf(opened.body)), headers, `40${JSON.stringify({ token })}`);
    const request = rawRequest("GET", websocket, [agent, ...upgradeHeaders, ...headers]);
    for (const { status, body } of [posted, await sendRaw(server.port, request)]) {
      expect(status).toBe(403);
      expect(JSON.parse(body).error).toMatchObject({ code: "origin_refused" });
      expect(JSON.parse(body).error.hint).toContain("leaves out the session's cookie");
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
    "with Authorization: %s changes nothing over HTTP",
    async (authorization) => {
      onTestFinished(() => server.close());
      const body = JSON.stringify({ seq: 1 });
      const answer = await send("POST", "/realtime/notifications/ack", [["Authorization", authorization]], body);
      expect(JSON.parse(answer.body).error).toMatchObject({ code: "origin_refused" });
    },
  );

  it("changes its notifications over HTTP with a bearer token and a load balancer's cookie", async () => {
    onTestFinished(() => server.close());
    const headers: RawHeaders = [
      ["Authorization", `Bearer ${token}`],
      ["Cookie", "signalbox_node=7d3f"],
    ];
    const answer = await send("POST", "/realtime/notifications/ack", headers, JSON.stringify({ seq: 0 }));
    expect(answer.status).toBe(200);
  });
});

/** Debian's own Python: another one on the path does not have Debian's packages. */
const python = promisify(execFile);
const program = `
import functools, sys, socketio, websocket
# Debian's version sends an Origin of its own making over WebSocket; later ones do not.
websocket.create_connection = functools.partial(websocket.create_connection, suppress_origin=True)
client = socketio.Client(reconnection=False)
url, token, transport = sys.argv[1:]
client.on("connection_established", lambda answer: (print(answer["user_id"]), client.disconnect()))
client.connect(url, headers={"Cookie": "signalbox_node=7d3f"}, auth={"token": token}, transports=[transport])
client.wait()
`;

it.each(transports)(
  "lets python-socketio connect with auth.token and a load balancer's cookie, over %s",
  async (transport) => {
    onTestFinished(() => server.close());
    const { stdout } = await python("/usr/bin/python3", ["-c", program, server.url, token, transport], {
      timeout: 20_000,
    });
    expect(stdout.trim()).toBe("py");
  },
);
