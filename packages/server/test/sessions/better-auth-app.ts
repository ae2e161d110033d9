import { DatabaseSync } from "node:sqlite";
import { betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { admin } from "better-auth/plugins";
import type { SessionChange } from "../../src/core/ports.ts";
import { betterAuthSessions, sessionChanges } from "../../src/sessions/sources/better-auth.ts";

const password = "correct horse battery staple";

/** A user who has signed up: the cookie as a browser keeps it, and a function that calls the API with it. */
export interface Visitor {
  readonly userId: string;
  readonly cookie: string;
  readonly headers: Headers;
}

/** Hashing is not under test, and would take most of the time. */
const plainPasswords = {
  hash: async (text: string) => text,
  verify: async ({ hash, password: text }: { hash: string; password: string }) => hash === text,
};

export type AuthApp = Awaited<ReturnType<typeof createAuthApp>>;

/** A real Better Auth with the admin plugin, in memory, and the changes that its sessions announced. */
export async function createAuthApp() {
  const database = new DatabaseSync(":memory:");
  // #region better_auth
  const auth = betterAuth({
    baseURL: "http://127.0.0.1:5000",
    secret: "a secret of the tests, long enough for it",
    database,
    emailAndPassword: { enabled: true, password: plainPasswords },
    logger: { disabled: true },
    user: { deleteUser: { enabled: true } },
    plugins: [admin(), sessionChanges()],
  });
  const sessions = betterAuthSessions(auth);
  // #endregion
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  const changes: SessionChange[] = [];
  sessions.watch?.((change) => changes.push(change));

  async function visitor(response: Response): Promise<Visitor> {
    const { user } = (await response.json()) as { user: { id: string } };
    const cookie = response.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    return { userId: user.id, cookie, headers: new Headers({ cookie, origin: "http://127.0.0.1:5000" }) };
  }

  return {
    auth,
    database,
    password,
    sessions,
    changes,
    signUp: async (name: string) =>
      visitor(await auth.api.signUpEmail({ body: { name, email: `${name}@example.com`, password }, asResponse: true })),
    signIn: async (name: string) =>
      visitor(await auth.api.signInEmail({ body: { email: `${name}@example.com`, password }, asResponse: true })),
    async signUpAdmin(name: string) {
      const user = await this.signUp(name);
      database.prepare("UPDATE user SET role = 'admin' WHERE id = ?").run(user.userId);
      return user;
    },
    async resolve(who: Visitor) {
      const credential = sessions.credentialOf({ headers: { cookie: who.cookie } });
      return credential === undefined ? undefined : sessions.resolve(credential);
    },
  };
}
