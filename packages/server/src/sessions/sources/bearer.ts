/** Bearer tokens (RFC 6750) that are JSON Web Tokens (RFC 7519), for clients without a cookie. Requires `jose`. */
import { parseRole } from "@signalbox/protocol";
import { errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify, type KeyInput } from "jose";
import { createBoundedMap } from "../../core/bounded-map.ts";
import { systemClock } from "../../core/clock.ts";
import type { Clock, SessionSource } from "../../core/ports.ts";
import { Refusal } from "../../core/refusal.ts";
import { bearerTokenOf } from "../../http/respond.ts";
import { createListenerSet } from "./listener-set.ts";
import { sessionRef } from "./session-ref.ts";
import type { SessionUser } from "./session-user.ts";

/** How tokens are verified, and which user each represents. */
export interface BearerTokenOptions {
  /** A key, or a function that finds it: `createRemoteJWKSet(new URL("https://…/jwks.json"))` of jose. */
  readonly key: KeyInput | JWTVerifyGetKey;
  /** Accepted algorithms, such as `["RS256"]`. The token never chooses the algorithm itself (RFC 8725 section 3.1). */
  readonly algorithms: readonly string[];
  /** The `iss` that a token must carry. */
  readonly issuer: string;
  /** The `aud` that a token must carry: a token issued for another service is not valid here. */
  readonly audience: string;
  /** Returns the user of a verified token; undefined or null refuses it. May look the user up first. */
  userOf(claims: JWTPayload): SessionUser | null | undefined | Promise<SessionUser | null | undefined>;
  /** For tests. */
  readonly clock?: Clock | undefined;
}

/** Maximum difference between the clocks of two machines. */
const clockToleranceSeconds = 5;

/** Maximum number of tokens in use, and of tokens revoked before their end. */
const maxTokens = 10_000;

/** Failures to get the key: whether the token is valid cannot be determined. */
const outages: ReadonlySet<string> = new Set([errors.JOSEError.code, errors.JWKSTimeout.code, errors.JWKSInvalid.code]);

/**
 * Takes a token from `auth.token` of the handshake, or from `Authorization: Bearer`. It must be signed and carry `exp`.
 * A token cannot be revoked at its issuer: `revoke` denies it in this process until it expires.
 */
export function bearerTokens(options: BearerTokenOptions): SessionSource {
  const { key, userOf, clock = systemClock } = options;
  const announcer = createListenerSet();
  /** By ref, milliseconds since the epoch at which the token ends. */
  const known = createBoundedMap<string, number>(maxTokens);
  const denied = new Map<string, number>();

  async function verify(token: string): Promise<JWTPayload> {
    const { payload } = await jwtVerify(token, key, {
      algorithms: [...options.algorithms],
      issuer: options.issuer,
      audience: options.audience,
      clockTolerance: clockToleranceSeconds,
      currentDate: new Date(clock.now()),
    });
    return payload;
  }

  return {
    credentialOf({ headers, token }) {
      const value = token ?? bearerTokenOf(headers);
      return value === undefined ? undefined : { kind: "bearer", value };
    },

    async resolve({ value }) {
      let claims: JWTPayload;
      try {
        claims = await verify(value);
      } catch (error) {
        if (error instanceof errors.JWTExpired) return "session_expired";
        if (error instanceof errors.JOSEError && !outages.has(error.code)) return "session_invalid";
        throw error;
      }
      const ref = sessionRef(claims.jti ?? value);
      if (denied.has(ref)) return "session_revoked";
      const user = await userOf(claims);
      // A token without an expiry would outlive its denial.
      if (user === undefined || user === null || claims.exp === undefined) return "session_invalid";
      const expiresAt = (claims.exp + clockToleranceSeconds) * 1000;
      known.delete(ref);
      known.set(ref, expiresAt);
      return { ref, userId: user.userId, username: user.username, role: parseRole(user.role), expiresAt };
    },

    async revoke(ref) {
      const expiresAt = known.get(ref);
      if (expiresAt === undefined) return false;
      for (const [other, until] of denied) if (until <= clock.now()) denied.delete(other);
      // Dropping an older denial instead would make a revoked token valid again.
      if (denied.size >= maxTokens) throw new Refusal("unavailable", { hint: "Too many tokens are revoked already." });
      denied.set(ref, expiresAt);
      announcer.announce({ ref, reason: "revoked" });
      return true;
    },

    watch: announcer.watch,
  };
}
