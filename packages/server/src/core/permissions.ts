import type { Role } from "@signalbox/protocol";
import type { Principal } from "./ports.ts";
import { Refusal } from "./refusal.ts";

/** Who may connect to a namespace or use a request: a minimum role, or a predicate of the application. */
export type AccessRule = Role | ((principal: Principal) => boolean);

/** Each role has the rights of all roles with a lower rank. */
const rank: Record<Role, number> = { guest: 0, user: 1, admin: 2 };

/** Whether a principal satisfies a rule. */
export function permits(rule: AccessRule, principal: Principal): boolean {
  if (typeof rule === "function") return rule(principal);
  return rank[principal.role] >= rank[rule];
}

/**
 * Requires a right at the moment when it is used. Callers that checked it before an `await` check it again afterwards.
 * @throws Refusal `session_expired` or `forbidden`
 */
export function requireRight(rule: AccessRule, principal: Principal, now: number): void {
  const expiresAt = principal.session?.expiresAt ?? null;
  if (expiresAt !== null && expiresAt <= now) throw new Refusal("session_expired");
  if (!permits(rule, principal)) throw new Refusal("forbidden");
}
