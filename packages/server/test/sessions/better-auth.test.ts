/**
 * R6.1 with a real Better Auth and its admin plugin on node:sqlite: every end and every change of a session is
 * announced.
 */
import { betterAuth } from "better-auth";
import { beforeEach, describe, expect, it } from "vitest";
import { betterAuthSessions, sessionChanges } from "../../src/sessions/sources/better-auth.ts";
import { type AuthApp, createAuthApp, type Visitor } from "./better-auth-app.ts";

let app: AuthApp;
let root: Visitor;
let ada: Visitor;

beforeEach(async () => {
  app = await createAuthApp();
  root = await app.signUpAdmin("root");
  ada = await app.signUp("ada");
  app.changes.length = 0;
});

const refOf = async (who: Visitor): Promise<string> => {
  const session = await app.resolve(who);
  if (typeof session !== "object") throw new Error(`No session: ${session}.`);
  return session.ref;
};

describe("resolve", () => {
  it("tells who is signed in, since the database and not the cookie says so", async () => {
    expect(await app.resolve(ada)).toEqual({
      ref: expect.stringMatching(/^\w+$/),
      userId: ada.userId,
      username: "ada",
      role: "user",
      expiresAt: expect.any(Number),
    });
    expect(await app.resolve(root)).toMatchObject({ userId: root.userId, role: "admin" });
  });

  it("names the session by a reference that cannot be used as a credential", async () => {
    const ref = await refOf(ada);
    expect(ada.cookie).not.toContain(ref);
    expect(await app.sessions.resolve({ kind: "cookie", value: ref })).toBe("session_invalid");
  });

  it("does not prolong the session", async () => {
    const expiresAt = new Date(Date.now() + 24 * 3600 * 1000).toISOString(); // due for renewal: the session began as one of a week
    app.database.prepare("UPDATE session SET expiresAt = ?").run(expiresAt);
    await app.resolve(ada);
    expect(app.database.prepare("SELECT DISTINCT expiresAt FROM session").all()).toEqual([{ expiresAt }]);
  });

  it("refuses an expired session, and announces that it has expired", async () => {
    const ref = await refOf(ada);
    app.database.exec("UPDATE session SET expiresAt = '2001-01-01T00:00:00.000Z'");
    expect(await app.resolve(ada)).toBe("session_invalid");
    expect(app.changes).toEqual([{ ref, reason: "expired" }]);
  });

  it("refuses a banned user's session that was not deleted, until the ban ends", async () => {
    const ban = (expires: string | null) =>
      app.database.prepare("UPDATE user SET banned = 1, banExpires = ? WHERE id = ?").run(expires, ada.userId);
    ban(null);
    expect(await app.resolve(ada)).toBe("session_revoked");
    ban("2100-01-01T00:00:00.000Z");
    expect(await app.resolve(ada)).toBe("session_revoked");
    ban("2001-01-01T00:00:00.000Z");
    expect(await app.resolve(ada)).toMatchObject({ userId: ada.userId });
  });

  it.each([
    ["garbage", "garbage"],
    ["empty", ""],
    ["broken percent-encoding", "%E0%A4%A"],
    ["long", "x".repeat(4096)],
  ])("refuses a cookie that is %s", async (_what, value) => {
    expect(await app.sessions.resolve({ kind: "cookie", value })).toBe("session_invalid");
  });

  it("refuses a cookie whose signature was changed", async () => {
    const { value = "" } = app.sessions.credentialOf({ headers: { cookie: ada.cookie } }) ?? {};
    const forged = value.replace(/\.(.)/, (_all, char) => `.${char === "A" ? "B" : "A"}`);
    expect(forged).not.toBe(value);
    expect(await app.sessions.resolve({ kind: "cookie", value: forged })).toBe("session_invalid");
  });

  it("rejects when the database is gone, instead of taking everybody for signed out", async () => {
    app.database.exec("DROP TABLE session");
    await expect(app.resolve(ada)).rejects.toThrow();
  });
});

describe("the credential", () => {
  it("is the session cookie, and none when there is no such cookie", () => {
    expect(app.sessions.credentialOf({ headers: {} })).toBeUndefined();
    expect(app.sessions.credentialOf({ headers: { cookie: "other=1" } })).toBeUndefined();
    expect(app.sessions.credentialOf({ headers: { cookie: ada.cookie } })).toMatchObject({ kind: "cookie" });
  });

  it("opens nothing when two session cookies are sent", async () => {
    const credential = app.sessions.credentialOf({ headers: { cookie: `${ada.cookie}; ${root.cookie}` } });
    expect(credential).toEqual({ kind: "cookie", value: "" });
  });

  it("has the name that secure cookies have", () => {
    const auth = betterAuth({ baseURL: "https://example.com", plugins: [sessionChanges()] });
    const sessions = betterAuthSessions(auth);
    const headers = { cookie: "better-auth.session_token=1; __Secure-better-auth.session_token=2" };
    expect(sessions.credentialOf({ headers })).toEqual({ kind: "cookie", value: "2" });
  });
});

describe("of a user's two sessions", () => {
  let other: Visitor;
  let refs: { ada: string; other: string };
  beforeEach(async () => {
    other = await app.signIn("ada");
    refs = { ada: await refOf(ada), other: await refOf(other) };
    app.changes.length = 0;
  });

  const both = (reason: string) =>
    expect.arrayContaining([
      { ref: refs.ada, reason },
      { ref: refs.other, reason },
    ]);
  const expectBothEnded = async () =>
    expect([await app.resolve(ada), await app.resolve(other)]).toEqual(["session_invalid", "session_invalid"]);

  it("sign-out ends the session that requests it", async () => {
    await app.auth.api.signOut({ headers: ada.headers });
    expect(app.changes).toEqual([{ ref: refs.ada, reason: "signed_out" }]);
    expect(await app.resolve(ada)).toBe("session_invalid");
    expect(await app.resolve(other)).toMatchObject({ ref: refs.other });
  });

  it("revoking the others ends the other one", async () => {
    await app.auth.api.revokeOtherSessions({ headers: ada.headers });
    expect(app.changes).toEqual([{ ref: refs.other, reason: "revoked" }]);
    expect(await app.resolve(other)).toBe("session_invalid");
    expect(await app.resolve(ada)).toMatchObject({ ref: refs.ada });
  });

  it("revoking one, by the user or an administrator, ends that one", async () => {
    const tokens = app.database.prepare("SELECT id, token FROM session").all() as { id: string; token: string }[];
    const tokenOf = (ref: string) => tokens.find(({ id }) => id === ref)?.token ?? "";
    await app.auth.api.revokeSession({ headers: ada.headers, body: { token: tokenOf(refs.other) } });
    await app.auth.api.revokeUserSession({ headers: root.headers, body: { sessionToken: tokenOf(refs.ada) } });
    expect(app.changes).toEqual([
      { ref: refs.other, reason: "revoked" },
      { ref: refs.ada, reason: "revoked" },
    ]);
    await expectBothEnded();
  });

  it("revoking all ends both", async () => {
    await app.auth.api.revokeSessions({ headers: ada.headers });
    expect(app.changes).toEqual(both("revoked"));
    await expectBothEnded();
  });

  it("an administrator's revoking all ends both", async () => {
    await app.auth.api.revokeUserSessions({ headers: root.headers, body: { userId: ada.userId } });
    expect(app.changes).toEqual(both("revoked"));
    await expectBothEnded();
  });

  it("a new password that revokes the others ends both: the user goes on with a new one", async () => {
    const body = { currentPassword: app.password, newPassword: "another long password", revokeOtherSessions: true };
    await app.auth.api.changePassword({ headers: ada.headers, body });
    expect(app.changes).toEqual(both("revoked"));
    await expectBothEnded();
  });

  it("a ban ends both, and says so before the sessions are gone", async () => {
    await app.auth.api.banUser({ headers: root.headers, body: { userId: ada.userId } });
    expect(app.changes[0]).toEqual({ userId: ada.userId, reason: "banned" });
    expect(app.changes).toEqual(both("banned"));
    await expectBothEnded();
  });

  it("a ban by an update of the user ends both", async () => {
    await app.auth.api.adminUpdateUser({ headers: root.headers, body: { userId: ada.userId, data: { banned: true } } });
    expect(app.changes[0]).toEqual({ userId: ada.userId, reason: "banned" });
    await expectBothEnded();
  });

  it("a change of role is announced, and found in both", async () => {
    await app.auth.api.setRole({ headers: root.headers, body: { userId: ada.userId, role: "admin" } });
    expect(app.changes).toEqual([{ userId: ada.userId, reason: "role_changed" }]);
    expect(await app.resolve(ada)).toMatchObject({ role: "admin" });
    await app.auth.api.setRole({ headers: root.headers, body: { userId: ada.userId, role: "user" } });
    expect(await app.resolve(other)).toMatchObject({ role: "user" });
  });

  it("an administrator's removing the user ends both", async () => {
    await app.auth.api.removeUser({ headers: root.headers, body: { userId: ada.userId } });
    expect(app.changes).toEqual(both("removed"));
    expect(app.changes).toContainEqual({ userId: ada.userId, reason: "removed" });
    await expectBothEnded();
  });

  it("the user's deleting the account ends both", async () => {
    await app.auth.api.deleteUser({ headers: ada.headers, body: { password: app.password } });
    expect(app.changes).toEqual(both("removed"));
    await expectBothEnded();
  });

  it("revoke ends the one named, and knows no other name", async () => {
    expect(await app.sessions.revoke?.(refs.ada)).toBe(true);
    expect(app.changes).toEqual([{ ref: refs.ada, reason: "revoked" }]);
    expect(await app.resolve(ada)).toBe("session_invalid");
    expect(await app.sessions.revoke?.(refs.ada)).toBe(false);
    expect(await app.sessions.revoke?.("nobody's")).toBe(false);
  });
});

it("refuses an instance that cannot announce anything", () => {
  expect(() => betterAuthSessions(betterAuth({ baseURL: "http://127.0.0.1:5000" }))).toThrow("sessionChanges()");
});

it("announces nothing after its listener has gone", async () => {
  const heard: unknown[] = [];
  const stop = app.sessions.watch?.((change) => heard.push(change));
  stop?.();
  await app.auth.api.signOut({ headers: ada.headers });
  expect(heard).toEqual([]);
  expect(app.changes).toHaveLength(1);
});
