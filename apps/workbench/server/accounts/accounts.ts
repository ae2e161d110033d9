import type { Log } from "@signalbox/server";
import { type BetterAuthInstance, sessionChanges } from "@signalbox/server/better-auth";
import { betterAuth } from "better-auth";
import { createAuthMiddleware } from "better-auth/api";
import { getMigrations } from "better-auth/db/migration";
import { admin } from "better-auth/plugins";
import { cutText } from "../cut-text.ts";
import type { WorkbenchDatabase } from "../open-database.ts";
import { createAttemptLimits } from "./attempt-limits.ts";
import { clientAddressHeader } from "./client-address-header.ts";
import { type Devices, deviceCookie, deviceToken } from "./devices.ts";
import { createPasswordAttempts, type FailedAttempt } from "./password-attempts.ts";
import { requireTexts } from "./text-limits.ts";

/** Code points. Better Auth's messages quote content of the request. */
const maxLoggedText = 1000;

/** Browsers keep no cookie for longer than 400 days. */
const deviceCookieSeconds = 400 * 24 * 60 * 60;

interface AccountOptions {
  readonly database: WorkbenchDatabase["forAccounts"];
  readonly secret: string;
  /** The address under which users reach the workbench. */
  readonly baseUrl: string;
  /** The same list as for sockets. */
  readonly trustedOrigins: readonly string[];
  /** Limits sign-in, sign-up and the other account routes, per client address. */
  readonly rateLimiting: boolean;
  readonly log: Log;
  readonly devices: Pick<Devices, "knows">;
  /** Called when a user has signed in or up, with the token of the browser. */
  onEntered(userId: string, device: string): Promise<void>;
  /** Called when a password was wrong, or an account was requested too often. */
  onFailed(attempt: FailedAttempt): void;
}

/** The part of Better Auth that the workbench uses. */
export interface Accounts extends BetterAuthInstance {
  handler(request: Request): Promise<Response>;
  countUsers(): Promise<number>;
  createAdministrator(account: { email: string; password: string; name: string }): Promise<void>;
}

/** Accounts, sessions and roles: Better Auth with e-mail, password and its admin plugin. */
export async function createAccounts(options: AccountOptions): Promise<Accounts> {
  const { database, secret, baseUrl, trustedOrigins, log, onEntered } = options;
  const attempts = createPasswordAttempts({ ...options, limits: createAttemptLimits() });
  const auth = betterAuth({
    database,
    secret,
    baseURL: baseUrl,
    trustedOrigins: [...trustedOrigins],
    telemetry: { enabled: false },
    logger: {
      // The other details that Better Auth logs are e-mail addresses of users who mistype.
      log(level, message, ...details) {
        log[level]({ err: details.find((each) => each instanceof Error) }, cutText(message, maxLoggedText));
      },
    },
    // An unexpected error reaches the server's own error handler; otherwise Better Auth would print it beside the log.
    onAPIError: { throw: true },
    emailAndPassword: { enabled: true, minPasswordLength: 10 },
    rateLimit: { enabled: options.rateLimiting },
    advanced: { ipAddress: { ipAddressHeaders: [clientAddressHeader] } },
    hooks: {
      before: createAuthMiddleware(async (call) => {
        requireTexts(call.body);
        requireTexts(call.query);
        await attempts.begin(call);
      }),
      // Identified by the endpoint that matched, not by the URL: the same endpoint can be written in several ways.
      after: createAuthMiddleware(async (call) => {
        await attempts.end(call, call.context.returned);
        const entered = call.context.newSession;
        if (!entered || !/^\/sign-(in|up)\//.test(call.path)) return;
        const device = deviceToken(call.getCookie(deviceCookie));
        call.setCookie(deviceCookie, device, {
          ...{ path: "/", httpOnly: true, sameSite: "lax", secure: baseUrl.startsWith("https:") },
          maxAge: deviceCookieSeconds,
        });
        await onEntered(entered.user.id, device).catch((error: unknown) =>
          log.error({ err: error, user_id: entered.user.id }, "A browser could not be remembered."),
        );
      }),
    },
    plugins: [admin(), sessionChanges()],
  });
  const { runMigrations } = await getMigrations(auth.options);
  await runMigrations();
  const { adapter } = await auth.$context;
  return {
    options: auth.options,
    api: auth.api,
    $context: auth.$context,
    handler: auth.handler,
    countUsers: () => adapter.count({ model: "user" }),
    async createAdministrator(account) {
      await auth.api.createUser({ body: { ...account, role: "admin" } });
    },
  };
}
