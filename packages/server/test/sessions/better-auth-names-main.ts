/**
 * Reports to the parent process which session cookies of Better Auth are found, for each configuration. Its NODE_ENV
 * counts.
 */
import { DatabaseSync } from "node:sqlite";
import { type BetterAuthOptions, betterAuth } from "better-auth";
import { getMigrations } from "better-auth/db/migration";
import { betterAuthSessions, sessionChanges } from "../../src/sessions/sources/better-auth.ts";

export interface Outcome {
  readonly what: string;
  readonly cookie: string;
  /** The result right after the instance was created, and once it is ready. */
  readonly found: readonly [early: unknown, ready: unknown];
}

type Options = Pick<BetterAuthOptions, "baseURL" | "advanced">;
type Case = [what: string, options: Options, environment?: string];

const shared = { crossSubDomainCookies: { enabled: true, domain: "example.com" } };
const cases: Case[] = [
  ["no base URL", {}],
  ["https by option", { baseURL: "https://example.com" }],
  ["http by option", { baseURL: "http://example.com" }],
  ["https by environment", {}, "https://example.com"],
  ["http by environment", {}, "http://example.com"],
  ["http by option, https by environment", { baseURL: "http://example.com" }, "https://example.com"],
  ["https by environment, prefix", { advanced: { cookiePrefix: "shop" } }, "https://example.com"],
  ["http by environment, prefix", { advanced: { cookiePrefix: "shop" } }, "http://example.com"],
  ["secure cookies on http", { baseURL: "http://example.com", advanced: { useSecureCookies: true } }],
  ["no secure cookies on https", { advanced: { useSecureCookies: false } }, "https://example.com"],
  ["a name of its own", { baseURL: "https://example.com", advanced: { cookies: { session_token: { name: "sid" } } } }],
  ["a name of its own by environment", { advanced: { cookies: { session_token: { name: "sid" } } } }, "https://a.test"],
  ["all subdomains, by environment", { advanced: { crossSubDomainCookies: { enabled: true } } }, "https://example.com"],
  ["all subdomains on http", { baseURL: "http://example.com", advanced: shared }],
  ["a base URL for each request", { baseURL: { allowedHosts: ["*.example.com"] } }],
  ["the same, https", { baseURL: { allowedHosts: ["*.example.com"], protocol: "https" } }],
  ["the same, http", { baseURL: { allowedHosts: ["example.com"], protocol: "http" } }],
  ["the same, all subdomains", { baseURL: { allowedHosts: ["*.example.com"] }, advanced: shared }],
  ["the same, all subdomains, http", { baseURL: { allowedHosts: ["localhost:3000"] }, advanced: shared }],
];

async function outcomeOf([what, options, environment]: Case): Promise<Outcome> {
  delete process.env.BETTER_AUTH_URL;
  if (environment !== undefined) process.env.BETTER_AUTH_URL = environment;
  const make = (database: DatabaseSync) =>
    betterAuth({
      ...options,
      secret: "a secret of the tests, long enough for it",
      database,
      emailAndPassword: { enabled: true, password: { hash: async (text) => text, verify: async () => true } },
      logger: { disabled: true },
      plugins: [sessionChanges()],
    });
  const database = new DatabaseSync(":memory:");
  const signingIn = make(database);
  await (await getMigrations({ ...signingIn.options, baseURL: "http://example.com" })).runMigrations();
  const { baseURL } = options;
  const host = typeof baseURL === "object" ? baseURL.allowedHosts[0]?.replace("*", "app") : "example.com";
  const response = await signingIn.api.signUpEmail({
    body: { name: "Ada", email: "ada@example.com", password: "correct horse battery staple" },
    headers: new Headers({ host: host ?? "" }),
    asResponse: true,
  });
  const cookie = response.headers.getSetCookie()[0]?.split(";")[0] ?? "";

  // A second instance on the same accounts, so that it is used before it is ready.
  const auth = make(database);
  const sessions = betterAuthSessions(auth);
  const look = async () => {
    const credential = sessions.credentialOf({ headers: { cookie } });
    const found = credential && (await sessions.resolve(credential));
    return typeof found === "object" ? found.username : found;
  };
  const early = await look();
  await auth.$context;
  return { what, cookie: cookie.split("=")[0] ?? "", found: [early, await look()] };
}

const outcomes: Outcome[] = [];
for (const each of cases) outcomes.push(await outcomeOf(each));
process.send?.(outcomes);
process.disconnect?.();
