/** `realtime.authorize` with requests of the Fetch Standard, which route handlers of Next's App Router receive. */
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import { connectClient, fetchClientConfig, startTestServer, type TestServer } from "../../src/testing/index.ts";
import { POST } from "../documented/route-handler.ts";

let server: TestServer;
let cookie: string;
let csrf: string;
beforeEach(async () => {
  server = await startTestServer({ env: { SIGNALBOX_SESSION_CACHE: "0", TRUST_PROXY: "loopback" } });
  onTestFinished(() => server.close());
  ({ cookie } = server.sessions.signIn({ userId: "ada" }));
  ({ csrf = "" } = await fetchClientConfig(server.url, { cookie }));
});

const authorize = (method: string, headers: Record<string, string>) =>
  server.realtime.authorize(new Request(`${server.url}/practice?x=1`, { method, headers }));

const refused = async (method: string, headers: Record<string, string>): Promise<string> => {
  const error: unknown = await authorize(method, headers).catch((thrown: unknown) => thrown);
  return (error as { code: string }).code;
};

describe("a web request", () => {
  it("is authorised in a route handler", async () => {
    Object.assign(globalThis, { realtime: server.realtime });
    const headers = { cookie, origin: server.url, "x-csrf-token": csrf };
    const response = await POST(new Request(server.url, { method: "POST", headers }));
    expect(await response.json()).toEqual({ task_id: "task-of-ada" });
    await expect(POST(new Request(server.url, { method: "POST" }))).rejects.toThrow();
  });

  it("is authorised by its cookie, whatever the case of its headers", async () => {
    expect(await authorize("GET", { Cookie: cookie })).toMatchObject({ userId: "ada", role: "user" });
    expect(await refused("GET", {})).toBe("session_missing");
    expect(await refused("GET", { cookie: "test.sid=made-up" })).toBe("session_invalid");
  });

  it("needs the CSRF token for methods that change something", async () => {
    const origin = server.url;
    expect(await authorize("POST", { cookie, origin, "X-CSRF-Token": csrf })).toMatchObject({ userId: "ada" });
    for (const method of ["POST", "PUT", "PATCH", "DELETE"]) {
      expect(await refused(method, { cookie, origin })).toBe("csrf_invalid");
    }
    expect(await authorize("HEAD", { cookie, origin })).toMatchObject({ userId: "ada" });
  });

  it("is judged by its origin, of which there is one", async () => {
    const token = { cookie, "x-csrf-token": csrf };
    expect(await refused("POST", { ...token, origin: "https://evil.example" })).toBe("origin_refused");
    expect(await refused("GET", { ...token, origin: "https://evil.example" })).toBe("origin_refused");
    expect(await refused("POST", token)).toBe("origin_refused");
    const two = new Headers({ ...token, origin: server.url });
    two.append("origin", "https://evil.example");
    const request = new Request(server.url, { method: "POST", headers: two });
    await expect(server.realtime.authorize(request)).rejects.toMatchObject({ code: "origin_refused" });
  });

  it("has no address: what its headers say of one is not believed, and refusals block no address", async () => {
    const headers = {
      origin: "https://evil.example",
      "x-forwarded-for": "203.0.113.7",
      "x-request-id": "chosen-by-client",
    };
    for (let attempt = 0; attempt < 300; attempt += 1) await refused("POST", headers);
    const root = server.sessions.signIn({ userId: "root", role: "admin" });
    const admin = await connectClient(server.url, { ...root, namespace: "/admin" });
    onTestFinished(() => admin.close());
    expect((await admin.request("list_blocks", {})).rows).toEqual([]);
    const { rows } = await admin.request("list_security_events", { type: "origin_refused" });
    expect(rows).toEqual([expect.objectContaining({ ip: "unknown", origin: "https://evil.example" })]);
    expect(JSON.stringify(server.logged)).not.toContain("chosen-by-client");
  });

  it("is refused as unavailable while the session store is down", async () => {
    server.sessions.setHealth("failing");
    expect(await refused("GET", { cookie })).toBe("unavailable");
  });
});
