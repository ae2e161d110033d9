/** Sessions that hold only a user's id, like those of passport: the user is looked up, and may no longer exist. */
import type { SessionData } from "express-session";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Session, SessionChange, SessionSource } from "../../src/core/ports.ts";
import { expressSessions } from "../../src/sessions/sources/express-session.ts";
import { type ExpressApp, startExpressApp } from "./express-app.ts";

interface User {
  readonly id: string;
  readonly name: string;
  role: string;
}

const rows = new Map<string, User>();
const users = {
  async find(id: string | undefined): Promise<User | null> {
    if (id === "broken") throw new Error("The database is down.");
    return rows.get(id ?? "") ?? null;
  },
};

let app: ExpressApp;
let sessions: SessionSource;
const changes: SessionChange[] = [];
beforeEach(async () => {
  rows.set("ada", { id: "ada", name: "Ada", role: "user" });
  app = await startExpressApp();
  const { store } = app;
  const secret = "a secret of the tests";
  // #region passport
  sessions = expressSessions({
    store,
    secret,
    async userOf({ passport }) {
      const user = await users.find(passport?.user);
      return user && { userId: user.id, username: user.name, role: user.role };
    },
  });
  // #endregion
  changes.length = 0;
  sessions.watch?.((change) => changes.push(change));
});
afterEach(() => app.close());

const sidOf = (cookie: string): string => decodeURIComponent(cookie).replace(/^connect\.sid=s:(.*)\..*$/, "$1");

/** Does what passport does on a login: it puts the user's id into the session. */
async function put(cookie: string, user: string | undefined): Promise<void> {
  const session = await new Promise<SessionData>((resolve, reject) => {
    app.store.get(sidOf(cookie), (error, found) => (found ? resolve(found) : reject(error)));
  });
  await new Promise<void>((saved) => app.store.set(sidOf(cookie), { ...session, passport: { user } }, () => saved()));
}

function resolve(cookie: string) {
  const credential = sessions.credentialOf({ headers: { cookie } });
  return credential && sessions.resolve(credential);
}

it("tells who is signed in, and announces the login, another role and the logout", async () => {
  const cookie = await app.request("GET", "/");
  expect(await resolve(cookie)).toBe("session_missing");
  await put(cookie, "ada");
  await expect.poll(() => changes).toEqual([{ ref: expect.any(String), reason: "role_changed" }]);
  const { ref } = (await resolve(cookie)) as Session;
  expect(await resolve(cookie)).toMatchObject({ userId: "ada", role: "user" });
  changes.length = 0;
  rows.set("ada", { id: "ada", name: "Ada", role: "admin" });
  await put(cookie, "ada");
  await expect.poll(() => changes).toEqual([{ ref, reason: "role_changed" }]);
  await put(cookie, undefined);
  await expect.poll(() => changes.at(-1)).toEqual({ ref, reason: "signed_out" });
  expect(await resolve(cookie)).toBe("session_missing");
});

it("a session of a deleted user is not signed in", async () => {
  const cookie = await app.request("GET", "/");
  await put(cookie, "deleted");
  expect(await resolve(cookie)).toBe("session_missing");
});

it("a failed look-up is tried again, and does not end the process when a session is saved", async () => {
  const cookie = await app.request("GET", "/");
  await put(cookie, "ada");
  const { ref } = (await resolve(cookie)) as Session;
  await put(cookie, "broken");
  await expect(resolve(cookie)).rejects.toThrow("down");
  await expect.poll(() => changes.at(-1)).toEqual({ ref, reason: "role_changed" });
  await put(cookie, "ada");
  expect(await resolve(cookie)).toMatchObject({ userId: "ada" });
});

it("a `userOf` that throws when a session is saved has the session looked up again", async () => {
  const cookie = await app.request("GET", "/");
  let isBroken = false;
  const strict = expressSessions({
    store: app.store,
    secret: "a secret of the tests",
    userOf({ passport }) {
      if (isBroken) throw new Error("no such field");
      return { userId: String(passport?.user), username: "Ada" };
    },
  });
  const heard: SessionChange[] = [];
  strict.watch?.((change) => heard.push(change));
  const credential = strict.credentialOf({ headers: { cookie } });
  const { ref } = (await strict.resolve(credential as NonNullable<typeof credential>)) as Session;
  isBroken = true;
  await put(cookie, "ada");
  expect(heard).toEqual([{ ref, reason: "role_changed" }]);
});
