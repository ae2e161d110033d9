/** Sessions of @fastify/session, as it writes them by default: without `s:` before the id. */
import fastifyCookie from "@fastify/cookie";
import fastifySession, { MemoryStore } from "@fastify/session";
import fastify, { type Session as FastifySessionData } from "fastify";
import { describe, expect, it, onTestFinished } from "vitest";
import type { SessionChange } from "../../src/core/ports.ts";
import { expressSessions } from "../../src/sessions/sources/express-session.ts";

declare module "fastify" {
  interface Session {
    account?: { id: string; name: string; role?: string } | undefined;
  }
}

const secret = "a secret of the tests, long enough for Fastify";

async function start(cookiePrefix?: string) {
  // #region fastify_session
  const store = new MemoryStore();
  const sessions = expressSessions({
    store,
    secret,
    name: "sessionId",
    userOf: ({ account }) => account && { userId: account.id, username: account.name, role: account.role },
  });
  // #endregion
  const app = fastify();
  await app.register(fastifyCookie);
  const prefix = cookiePrefix === undefined ? {} : { cookiePrefix };
  await app.register(fastifySession, { store, secret, cookie: { secure: false, maxAge: 60_000 }, ...prefix });
  app.post<{ Body: FastifySessionData["account"] }>("/account", async (request) => {
    request.session.account = request.body;
    return {};
  });
  app.post("/logout", async (request) => {
    await request.session.destroy();
    return {};
  });
  onTestFinished(() => app.close());
  const changes: SessionChange[] = [];
  sessions.watch?.((change) => changes.push(change));

  return {
    changes,
    async post(url: string, payload: object = {}, cookie = ""): Promise<string> {
      const response = await app.inject({ method: "POST", url, payload, headers: { cookie } });
      expect(response.statusCode).toBe(200);
      return String(response.headers["set-cookie"] ?? "").split(";")[0] ?? "";
    },
    resolve(cookie: string) {
      const credential = sessions.credentialOf({ headers: { cookie } });
      return credential && sessions.resolve(credential);
    },
  };
}

describe.each([undefined, "s:"])("with cookiePrefix %s", (prefix) => {
  it("tells who is signed in, until when, and that they have signed out or changed their role", async () => {
    const app = await start(prefix);
    const cookie = await app.post("/account", { id: "ada", name: "Ada" });
    const found = await app.resolve(cookie);
    expect(found).toMatchObject({ userId: "ada", username: "Ada", role: "user" });
    const { ref, expiresAt } = found as { ref: string; expiresAt: number };
    expect(expiresAt).toBeGreaterThan(Date.now());
    await app.post("/account", { id: "ada", name: "Ada", role: "admin" }, cookie);
    expect(await app.resolve(cookie)).toMatchObject({ role: "admin" });
    await app.post("/logout", {}, cookie);
    expect(app.changes).toEqual([
      { ref, reason: "role_changed" },
      { ref, reason: "signed_out" },
    ]);
    expect(await app.resolve(cookie)).toBe("session_invalid");
  });

  it("refuses a cookie whose signature was changed, and one without", async () => {
    const app = await start(prefix);
    const cookie = await app.post("/account", { id: "ada", name: "Ada" });
    expect(await app.resolve(cookie.replace(/.$/, (last) => (last === "A" ? "B" : "A")))).toBe("session_invalid");
    expect(await app.resolve(cookie.replace(/\..*$/, ""))).toBe("session_invalid");
    expect(await app.resolve("sessionId=.")).toBe("session_invalid");
  });
});
