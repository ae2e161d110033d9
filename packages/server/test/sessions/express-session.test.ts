/** R6.1 with a real Express application and express-session over HTTP. */
import { sign } from "cookie-signature";
import { MemoryStore, type SessionData } from "express-session";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Session } from "../../src/core/ports.ts";
import { expressSessions } from "../../src/sessions/sources/express-session.ts";
import { type ExpressApp, startExpressApp, userOf } from "./express-app.ts";

const ada = { id: "ada", name: "Ada" };
const apps: ExpressApp[] = [];
let app: ExpressApp;

const start = async (...options: Parameters<typeof startExpressApp>): Promise<ExpressApp> => {
  const started = await startExpressApp(...options);
  apps.push(started);
  return started;
};

beforeEach(async () => {
  app = await start();
});
afterEach(async () => {
  for (const started of apps.splice(0)) await started.close();
});

/** Logs in, and has the session looked up as a socket would. */
async function login(user: object = ada): Promise<{ cookie: string; ref: string }> {
  const cookie = await app.request("POST", "/login", "", user);
  const { ref } = (await app.resolve(cookie)) as Session;
  app.changes.length = 0;
  return { cookie, ref };
}

/** Resolves when the store has read a session, and withholds the store's answer. */
function holdAnswers(store: MemoryStore): Promise<{ sid: string; session: SessionData; answer: () => void }> {
  return new Promise((resolve, reject) => {
    store.get = (sid, callback) =>
      MemoryStore.prototype.get.call(store, sid, (error, session) => {
        if (session) resolve({ sid, session, answer: () => callback(error, session) });
        else reject(new Error("There is no such session."));
      });
  });
}

describe("resolve", () => {
  it("tells who has signed in", async () => {
    const cookie = await app.request("POST", "/login", "", ada);
    expect(await app.resolve(cookie)).toEqual({
      ref: expect.stringMatching(/^[\w-]{16}$/),
      userId: "ada",
      username: "Ada",
      role: "user",
      expiresAt: null,
    });
    const admin = await app.request("POST", "/login", "", { ...ada, role: "admin" });
    expect(await app.resolve(admin)).toMatchObject({ role: "admin" });
  });

  it("reports a visitor's session as not signed in, and finds the user after the login", async () => {
    const cookie = await app.request("GET", "/");
    expect(await app.resolve(cookie)).toBe("session_missing");
    await app.request("POST", "/user", cookie, ada);
    expect(app.changes).toEqual([{ ref: expect.any(String), reason: "role_changed" }]);
    expect(await app.resolve(cookie)).toMatchObject({ userId: "ada" });
  });

  it("knows when a session ends", async () => {
    app = await start({ cookie: { maxAge: 60_000 } });
    const { cookie } = await login();
    const { expiresAt } = (await app.resolve(cookie)) as Session;
    expect(expiresAt).toBeGreaterThan(Date.now() + 50_000);
    expect(expiresAt).toBeLessThanOrEqual(Date.now() + 60_000);
  });

  it("accepts every secret of a rotation, and no other", async () => {
    app = await start({ secret: ["new", "old"] });
    const cookie = await app.request("POST", "/login", "", ada);
    const sid = decodeURIComponent(cookie).replace(/^connect\.sid=s:(.*)\..*$/, "$1");
    const signedWith = (secret: string) => `connect.sid=${encodeURIComponent(`s:${sign(sid, secret)}`)}`;
    expect(cookie).toBe(signedWith("new"));
    expect(await app.resolve(signedWith("old"))).toMatchObject({ userId: "ada" });
    expect(await app.resolve(signedWith("older"))).toBe("session_invalid");
  });

  it("rejects when the store fails, and takes ENOENT for a session that is not there", async () => {
    const { cookie } = await login();
    const failWith = (code: string) => {
      app.store.get = (_sid, callback) => callback(Object.assign(new Error("failed"), { code }));
    };
    failWith("ECONNREFUSED");
    await expect(app.resolve(cookie)).rejects.toThrow("failed");
    failWith("ENOENT");
    expect(await app.resolve(cookie)).toBe("session_invalid");
  });
});

describe("a hostile cookie", () => {
  it.each([
    ["empty", ""],
    ["without a signature", "s%3Aid"],
    ["unsigned", "id"],
    ["signed with nothing", "s%3Aid."],
    ["badly signed", "s%3Aid.c2lnbmF0dXJl"],
    ["with broken percent-encoding", "s%3Aid.%E0%A4%A"],
    ["of 10 KB", "x".repeat(10_240)],
    ["named like a prototype", "s%3A__proto__.x"],
  ])("%s is refused", async (_what, value) => {
    expect(await app.resolve(`connect.sid=${value}`)).toBe("session_invalid");
  });

  it("beside a valid one of the same name is refused, because the right one is unknown", async () => {
    const { cookie } = await login();
    const planted = await app.request("POST", "/login", "", { id: "mallory", name: "Mallory" });
    expect(await app.resolve(`${cookie}; ${planted}`)).toBe("session_invalid");
    expect(await app.resolve(`${cookie}; other=1`)).toMatchObject({ userId: "ada" });
  });

  it("of another name is ignored", async () => {
    const { cookie } = await login();
    expect(await app.resolve(`x${cookie}`)).toBeUndefined();
  });
});

describe("the session source announces", () => {
  it("a logout", async () => {
    const { cookie, ref } = await login();
    await app.request("POST", "/logout", cookie);
    expect(app.changes).toEqual([{ ref, reason: "signed_out" }]);
    expect(await app.resolve(cookie)).toBe("session_invalid");
  });

  it("the end of the session that a new login replaces", async () => {
    const { cookie, ref } = await login();
    const next = await app.request("POST", "/login", cookie, ada);
    expect(next).not.toBe(cookie);
    expect(app.changes).toEqual([{ ref, reason: "signed_out" }]);
  });

  it("a change of role, and the removal of the user from the session", async () => {
    const { cookie, ref } = await login();
    await app.request("POST", "/user", cookie, { ...ada, role: "admin" });
    await app.request("POST", "/user", cookie, {});
    expect(app.changes).toEqual([
      { ref, reason: "role_changed" },
      { ref, reason: "signed_out" },
    ]);
    expect(await app.resolve(cookie)).toBe("session_missing");
  });

  it("a change that is saved while the answer of the first look-up is on its way", async () => {
    const cookie = await app.request("POST", "/login", "", { ...ada, role: "admin" });
    app.changes.length = 0;
    const answers = holdAnswers(app.store);
    const looked = app.resolve(cookie);
    const { sid, session, answer } = await answers;
    await new Promise<void>((saved) => app.store.set(sid, { ...session, user: ada }, () => saved()));
    answer();
    expect(await looked).toMatchObject({ role: "admin" });
    expect(app.changes).toEqual([{ ref: expect.any(String), reason: "role_changed" }]);
  });

  it("nothing when a session is saved without such a change, as rolling sessions are at each request", async () => {
    app = await start({ rolling: true, resave: true, cookie: { maxAge: 60_000 } });
    const { cookie } = await login();
    for (let visit = 0; visit < 3; visit += 1) await app.request("GET", "/", cookie);
    await app.request("POST", "/user", cookie, { ...ada, name: "Ada Lovelace" });
    expect(app.changes).toEqual([]);
  });

  it("every session when the store is cleared", async () => {
    const refs = [(await login()).ref, (await login({ id: "bob", name: "Bob" })).ref];
    await new Promise<void>((resolve) => app.store.clear?.(() => resolve()));
    expect(app.changes).toEqual(refs.map((ref) => ({ ref, reason: "signed_out" })));
  });

  it("nothing when the store has failed to do it", async () => {
    const store = new MemoryStore();
    store.destroy = (_sid, callback) => callback?.(new Error("failed"));
    const heard: unknown[] = [];
    expressSessions({ store, secret: "secret", userOf }).watch?.((change) => heard.push(change));
    const error = await new Promise((resolve) => store.destroy("sid", resolve));
    expect(error).toEqual(new Error("failed"));
    expect(heard).toEqual([]);
  });
});

describe("revoke", () => {
  it("destroys the session, and announces that it was revoked", async () => {
    const { cookie, ref } = await login();
    expect(await app.sessions.revoke?.(ref)).toBe(true);
    expect(app.changes).toEqual([{ ref, reason: "revoked" }]);
    expect(await app.resolve(cookie)).toBe("session_invalid");
    expect(await app.sessions.revoke?.(ref)).toBe(false);
  });

  it("does not know a session that was never looked up", async () => {
    expect(await app.sessions.revoke?.("unknown")).toBe(false);
  });
});

describe("the store's methods", () => {
  const names = ["destroy", "set", "touch", "clear"] as const;

  it("are restored when the last listener was removed", async () => {
    const { cookie } = await login();
    expect(names.some((name) => Object.hasOwn(app.store, name))).toBe(true);
    const stopOther = app.sessions.watch?.(() => {});
    stopOther?.();
    stopOther?.();
    expect(names.every((name) => Object.hasOwn(app.store, name))).toBe(true);
    app.stopWatching();
    expect(names.some((name) => Object.hasOwn(app.store, name))).toBe(false);
    await app.request("POST", "/logout", cookie);
    expect(app.changes).toEqual([]);
  });

  it("keep the wrapper that another library has added around that of the session source", () => {
    const ours = app.store.destroy;
    const theirs: typeof ours = (sid, callback) => ours.call(app.store, sid, callback);
    app.store.destroy = theirs;
    app.stopWatching();
    expect(app.store.destroy).toBe(theirs);
  });

  it("work without a callback", async () => {
    const { ref, cookie } = await login();
    const sid = decodeURIComponent(cookie).replace(/^connect\.sid=s:(.*)\..*$/, "$1");
    app.store.destroy(sid);
    await new Promise(setImmediate);
    expect(app.changes).toEqual([{ ref, reason: "signed_out" }]);
  });
});
