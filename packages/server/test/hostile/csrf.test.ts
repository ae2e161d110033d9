/**
 * Hostile cases, E: a request that is authenticated by a cookie changes nothing without the token of the same session.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { Refusal } from "../../src/core/refusal.ts";
import {
  fetchClientConfig,
  type RawHeaders,
  rawRequest,
  refusalOf,
  sendRaw,
  type TestServer,
  transports,
} from "../../src/testing/index.ts";
import { type Scene, setScene } from "./scene.ts";
import { openWire } from "./wire.ts";

/** Mallory makes the victim's browser send the cookie, and has every token except the right one. */
async function setTrap() {
  const scene = await setScene();
  const { server } = scene;
  const tokenOf = async (cookie: string): Promise<string> => {
    const { csrf = "" } = await fetchClientConfig(server.url, { cookie });
    expect(csrf).not.toBe("");
    scene.keepSecret(csrf);
    return csrf;
  };
  const before = server.sessions.signIn({ userId: "victim" });
  const old = await tokenOf(before.cookie);
  server.sessions.end({ ref: before.ref }, "signed_out");
  const { cookie } = server.sessions.signIn({ userId: "victim" });
  scene.keepSecret(cookie.slice(cookie.indexOf("=") + 1));
  const own = await tokenOf(cookie);
  const another = await tokenOf(server.sessions.signIn({ userId: "mallory" }).cookie);
  const [nonce = "", signature = ""] = own.split(".");
  const wrong: Record<string, string | undefined> = {
    "no token": undefined,
    "an empty one": "",
    "an old one, of a session that has ended": old,
    "another session's": another,
    "one whose parts are of two": `${another.split(".")[0]}.${signature}`,
    "one with something behind": `${own}.x`,
    "a signature alone": `.${signature}`,
    "one with another alphabet": `${nonce}.${signature.replaceAll("-", "+").replaceAll("_", "/")}=`,
    "one that is the cookie": cookie,
  };
  return { scene, server, cookie, own, wrong };
}

const socketsOf = (server: TestServer): number => server.realtime.io.of("/").sockets.size;

describe.each(transports)("a handshake over %s", (transport) => {
  it("with no token, an old one, another session's, or a mangled one is `csrf_invalid`, and joins nothing", async () => {
    const { scene, server, cookie, own, wrong } = await setTrap();
    for (const [what, csrf] of Object.entries(wrong)) {
      const { code } = await refusalOf(server.url, { transport, cookie, auth: csrf === undefined ? {} : { csrf } });
      expect(`${what}: ${code}`).toBe(`${what}: csrf_invalid`);
    }
    expect(socketsOf(server)).toBe(1);
    await scene.expectUnharmed({ csrf_failed: Object.keys(wrong).length });
    const wire = await openWire(server, transport, cookie, null);
    scene.departs(wire.terminate);
    wire.send(`40${JSON.stringify({ csrf: own })}`);
    await wire.next('42["connection_established"');
  });

  it("with the right token anywhere but in `auth` is `csrf_invalid`, and joins nothing", async () => {
    const { scene, server, cookie, own } = await setTrap();
    const query = `&csrf=${own}&x-csrf-token=${own}&auth=${encodeURIComponent(JSON.stringify({ csrf: own }))}`;
    for (const wire of [
      await openWire(server, transport, cookie, null, query),
      await openWire(server, transport, `${cookie}; csrf=${own}; x-csrf-token=${own}`, null),
    ]) {
      scene.departs(wire.terminate);
      wire.send("40", `40/?csrf=${own},`, `40/?csrf=${own},{}`);
      expect(await wire.next("44{")).toContain('"code":"csrf_invalid"');
      await wire.next("44/?csrf");
    }
    expect(socketsOf(server)).toBe(1);
    await scene.expectUnharmed({ csrf_failed: 2, event_unknown: 4 });
  });
});

/** A route of the application that changes state, guarded by `realtime.authorize`. */
async function openRoute({ server }: Scene) {
  const changes: string[] = [];
  const application = createServer((req, res) => {
    const answer = (text: string) => res.writeHead(200, { "Content-Length": text.length }).end(text);
    server.realtime.authorize(req).then(
      ({ userId }) => {
        changes.push(userId);
        answer("done");
      },
      (error: unknown) => answer(error instanceof Refusal ? error.code : "fault"),
    );
  });
  await new Promise<void>((resolve) => application.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void application.close());
  return { port: (application.address() as AddressInfo).port, changes };
}

describe("a route of the application", () => {
  it.each(["POST", "PUT", "PATCH", "DELETE", "PROPFIND"])(
    "asked by %s without the right token in the header is `csrf_invalid`, and changes nothing",
    async (method) => {
      const { scene, server, cookie, own, wrong } = await setTrap();
      const { port, changes } = await openRoute(scene);
      const ask = async (headers: RawHeaders, target = "/tasks", body = "x"): Promise<string> => {
        const all: RawHeaders = [["Origin", server.url], ["Cookie", cookie], ...headers];
        return (await sendRaw(port, rawRequest(method, target, all, body))).body;
      };
      const answers = [
        ...Object.values(wrong).map((token) => ask(token === undefined ? [] : [["x-csrf-token", token]])),
        ask([
          ["x-csrf-token", own],
          ["X-CSRF-Token", own],
        ]),
        ask([["x-xsrf-token", own]], `/tasks?csrf=${own}&x-csrf-token=${own}`, `csrf=${own}`),
        ask([["Referer", `${server.url}/?csrf=${own}`]], "/tasks", JSON.stringify({ csrf: own })),
      ];
      for (const answer of await Promise.all(answers)) expect(answer).toBe("csrf_invalid");
      expect(changes).toEqual([]);
      await scene.expectUnharmed({ csrf_failed: answers.length });
      expect(await ask([["x-csrf-token", own]])).toBe("done");
      expect(changes).toEqual(["victim"]);
    },
  );
});

describe("the routes below /realtime", () => {
  it("change nothing, by any method, with the right token or without", async () => {
    const { scene, server, cookie, own } = await setTrap();
    const { task_id, version } = await server.realtime.progress.create({ kind: "t", title: "T", owner_id: "victim" });
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      for (const path of ["client-config", `tasks/${task_id}`]) {
        for (const token of [undefined, own]) {
          const headers: Record<string, string> = {
            origin: server.url,
            cookie,
            ...(token && { "x-csrf-token": token }),
          };
          const response = await fetch(`${server.url}/realtime/${path}?csrf=${own}`, { method, headers, body: "{}" });
          expect(response.status).toBe(405);
        }
      }
    }
    expect(await server.realtime.progress.get(task_id)).toMatchObject({ version });
    await scene.expectUnharmed({});
  });
});
