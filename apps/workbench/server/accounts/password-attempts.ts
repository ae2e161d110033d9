import { addressBucket } from "@signalbox/server";
import type { GenericEndpointContext } from "better-auth";
import { APIError, getSessionFromCtx, isAPIError } from "better-auth/api";
import type { Attempt, AttemptLimits } from "./attempt-limits.ts";
import { clientAddressHeader } from "./client-address-header.ts";
import { type Devices, deviceCookie } from "./devices.ts";

/** A call of an endpoint, as Better Auth's hooks receive it. */
type AccountCall = GenericEndpointContext;

/** A failed password attempt, for the security log. */
export interface FailedAttempt {
  readonly ip: string;
  /** Set when the account exists. */
  readonly userId: string | undefined;
  readonly code: string;
  readonly detail: string;
}

interface PasswordAttemptsOptions {
  readonly limits: AttemptLimits;
  readonly devices: Pick<Devices, "knows">;
  onFailed(attempt: FailedAttempt): void;
}

/**
 * Endpoints that take a password or reveal whether an account exists. `account` is the source of the account's address.
 */
const endpoints = new Map([
  ["/sign-in/email", { what: "A sign-in", account: "body" }],
  ["/sign-up/email", { what: "A sign-up", account: "body" }],
  ["/change-password", { what: "A change of password", account: "session" }],
  ["/verify-password", { what: "A check of a password", account: "session" }],
  ["/delete-user", { what: "The deletion of an account", account: "session" }],
]);

/** Failures that concern an account or its password; others are input errors in a form. */
const offences: ReadonlySet<string> = new Set([
  "INVALID_EMAIL_OR_PASSWORD",
  "INVALID_PASSWORD",
  "BANNED_USER",
  "USER_ALREADY_EXISTS",
  "USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL",
]);

/** Limits failed attempts and reports them, alike for accounts that exist and for those that do not. */
export function createPasswordAttempts({ limits, devices, onFailed }: PasswordAttemptsOptions) {
  /** The subjects that the attempt counts for. The same queries run whether the account exists or not. */
  async function describe(call: AccountCall): Promise<Attempt & { userId: string | undefined; ip: string }> {
    const ip = call.headers?.get(clientAddressHeader) ?? "unknown";
    const address = addressBucket(ip);
    const fromBody = endpoints.get(call.path)?.account === "body";
    const email = normalized(fromBody ? call.body?.email : (await getSessionFromCtx(call))?.user.email);
    const found = await call.context.internalAdapter.findUserByEmail(email);
    const userId = found?.user.id;
    const token = call.getCookie(deviceCookie) ?? "";
    // A browser known to the account has its own count: attackers cannot lock the owner out.
    const known = await devices.knows(userId ?? "", token);
    return { ip, userId, address, account: known ? `${email} ${token}` : email };
  }

  return {
    /** @throws APIError 429 `TOO_MANY_ATTEMPTS` */
    async begin(call: AccountCall): Promise<void> {
      if (!endpoints.has(call.path)) return;
      const attempt = await describe(call);
      const seconds = limits.begin(attempt);
      if (seconds === undefined) return;
      const { ip, userId } = attempt;
      onFailed({
        ip,
        userId,
        code: "too_many_attempts",
        detail: "Too many failed attempts: further ones are refused.",
      });
      const message = `Too many failed attempts. Try again in ${Math.ceil(seconds / 60)} minutes.`;
      const headers = { "retry-after": String(seconds) };
      throw new APIError("TOO_MANY_REQUESTS", { code: "TOO_MANY_ATTEMPTS", message }, headers);
    },
    /** A counted attempt stays counted unless the call succeeded: an input error in a form must not reset the count. */
    async end(call: AccountCall, returned: unknown): Promise<void> {
      const endpoint = endpoints.get(call.path);
      if (endpoint === undefined) return;
      const attempt = await describe(call);
      if (!isAPIError(returned)) return limits.succeed(attempt);
      const code = String(returned.body?.code);
      if (!offences.has(code)) return;
      const detail = `${endpoint.what} was refused: ${returned.body?.message}.`;
      onFailed({ ip: attempt.ip, userId: attempt.userId, code: code.toLowerCase(), detail });
    },
  };
}

/** Normalised as Better Auth looks accounts up, so that no spelling of an address has limits of its own. */
const normalized = (email: unknown): string => (typeof email === "string" ? email.toLowerCase() : "");
