/** Sessions of Better Auth, with or without its admin plugin. Requires `better-auth`. */
import { parseRole, type SessionEndReason } from "@signalbox/protocol";
import type { BetterAuthOptions, BetterAuthPlugin } from "better-auth";
import type { SessionSource } from "../../core/ports.ts";
import { readCookie } from "./cookie.ts";
import { createListenerSet, type ListenerSet } from "./listener-set.ts";

/** The part of `betterAuth({ … })` that Signalbox uses. */
export interface BetterAuthInstance {
  readonly options: BetterAuthOptions;
  readonly api: {
    getSession(request: {
      headers: Headers;
      query: { disableCookieCache: boolean; disableRefresh: boolean };
    }): Promise<{ session: SessionRow; user: UserRow } | null>;
  };
  readonly $context: Promise<{
    authCookies: { sessionToken: { name: string } };
    adapter: {
      findOne<Row>(query: { model: string; where: { field: string; value: string }[] }): Promise<Row | null>;
    };
    internalAdapter: { deleteSession(token: string): Promise<void> };
  }>;
}

interface SessionRow {
  readonly id: string;
  readonly expiresAt: Date;
}

interface UserRow {
  readonly id: string;
  readonly name: string;
  /** The admin plugin's columns. */
  readonly role?: string | null | undefined;
  readonly banned?: boolean | null | undefined;
  readonly banExpires?: Date | null | undefined;
}

/** The plugin, with the `watch` that `betterAuthSessions` uses. */
interface SessionChangesPlugin extends BetterAuthPlugin {
  readonly id: typeof pluginId;
  readonly watch: ListenerSet["watch"];
}

const pluginId = "signalbox-session-changes";

/**
 * A plugin for `betterAuth({ plugins: [sessionChanges()] })`. It reports, after the commit, every session that ends and
 * every user that is changed, banned or removed. Sessions must be stored in the database (`storeSessionInDatabase` with
 * a secondary storage): otherwise Better Auth runs no hooks, and changes are detected only at the next recheck.
 */
export function sessionChanges(): SessionChangesPlugin {
  const { announce, watch } = createListenerSet();
  return {
    id: pluginId,
    watch,
    init: () => ({
      options: {
        databaseHooks: {
          session: {
            delete: {
              async after({ id }, context) {
                announce({ ref: id, reason: endReasons.get(context?.path) ?? "revoked" });
              },
            },
          },
          user: {
            update: {
              async after(user: UserRow) {
                announce({ userId: user.id, reason: isBanned(user) ? "banned" : "role_changed" });
              },
            },
            delete: {
              async after({ id }) {
                announce({ userId: id, reason: "removed" });
              },
            },
          },
        },
      },
    }),
  };
}

/** Why a session was deleted, by the endpoint that deleted it; `revoked` for all other endpoints. */
const endReasons: ReadonlyMap<string | undefined, SessionEndReason> = new Map([
  ["/sign-out", "signed_out"],
  ["/get-session", "expired"],
  ["/delete-user", "removed"],
  ["/delete-user/callback", "removed"],
  ["/admin/remove-user", "removed"],
  ["/admin/ban-user", "banned"],
]);

/**
 * Reads the sessions of a Better Auth instance. Their `ref` is the id of their row, which is not a credential: the
 * cookie carries a separate secret, the token.
 * @throws TypeError when the instance was made without `sessionChanges()`
 */
export function betterAuthSessions(auth: BetterAuthInstance): SessionSource {
  const plugins: readonly BetterAuthPlugin[] = auth.options.plugins ?? [];
  const changes = plugins.find(isSessionChanges);
  if (changes === undefined) {
    throw new TypeError("Better Auth was set up without sessionChanges(): add it to `plugins` of betterAuth({ … }).");
  }
  const { cookieNames, headersWith } = sessionCookie(auth);

  return {
    credentialOf({ headers }) {
      const value = cookieNames()
        .map((name) => readCookie(headers, name))
        .find((found) => found !== undefined);
      return value === undefined ? undefined : { kind: "cookie", value };
    },

    async resolve({ value }) {
      const found = await auth.api.getSession({
        headers: headersWith(value),
        // The database decides, not a copy in a cookie, and a look-up does not prolong the session.
        query: { disableCookieCache: true, disableRefresh: true },
      });
      if (found === null) return "session_invalid";
      const { session, user } = found;
      if (isBanned(user)) return "session_revoked";
      return {
        ref: session.id,
        userId: user.id,
        // Accounts may have no name.
        username: user.name || user.id,
        role: parseRole(user.role),
        expiresAt: session.expiresAt.getTime(),
      };
    },

    async revoke(ref) {
      const { adapter, internalAdapter } = await auth.$context;
      const session = await adapter.findOne<{ token: string }>({
        model: "session",
        where: [{ field: "id", value: ref }],
      });
      if (session === null) return false;
      await internalAdapter.deleteSession(session.token);
      return true;
    },

    watch: changes.watch,
  };
}

/**
 * The name of the session cookie, and the headers for a look-up in Better Auth. The prefix `__Secure-` depends on
 * NODE_ENV and on the base URL, which may come from the environment. The instance provides the name soon after it was
 * created.
 */
function sessionCookie({ options, $context }: BetterAuthInstance) {
  const { cookies, cookiePrefix = "better-auth", crossSubDomainCookies } = options.advanced ?? {};
  const name = cookies?.session_token?.name ?? `${cookiePrefix}.session_token`;
  const host = dynamicHost(options.baseURL);
  // Both names until the instance has provided it, the secure one first: no other site can plant that cookie.
  let names: readonly string[] = [`__Secure-${name}`, name];
  $context.then(
    ({ authCookies }) => {
      // With a base URL for each request, the name also depends on the request.
      if (host === undefined || !crossSubDomainCookies?.enabled) names = [authCookies.sessionToken.name];
    },
    // The application sees the error when it uses the instance.
    () => {},
  );
  return {
    cookieNames: () => names,
    headersWith(value: string): Headers {
      const cookie = names.map((each) => `${each}=${value}`).join("; ");
      return new Headers({ cookie, ...(host !== undefined && { host }) });
    },
  };
}

/** A host that a base URL for each request allows. Without one, such an instance answers no request. */
function dynamicHost(baseURL: BetterAuthOptions["baseURL"]): string | undefined {
  if (typeof baseURL !== "object") return undefined;
  return baseURL.allowedHosts[0]?.replace(/^https?:\/\//, "").replace(/[*?]/g, "x");
}

const isSessionChanges = (plugin: BetterAuthPlugin): plugin is SessionChangesPlugin => plugin.id === pluginId;

/** A ban may expire, but Better Auth lifts it only when the user signs in again. */
const isBanned = ({ banned, banExpires }: UserRow): boolean =>
  banned === true && (!banExpires || new Date(banExpires).getTime() > Date.now());
