import type { Role } from "@signalbox/protocol";
import type { Principal } from "./ports.ts";
import { Refusal } from "./refusal.ts";

/** Who may enter a namespace or use a request: a least role, or a rule of the application's own. */
export type AccessRule = Role | ((principal: Principal) => boolean);

/** Each role may do what the roles before it may. */
const rank: Record<Role, number> = { guest: 0, user: 1, admin: 2 };

/** Whether a principal satisfies a rule. */
export function permits(rule: AccessRule, principal: Principal): boolean {
  if (typeof rule === "function") return rule(principal);
  return rank[principal.role] >= rank[rule];
}

/**
 * Requires a right at the moment when it is used. What was judged before an `await` is judged again after it.
 * @throws Refusal `session_expired` or `forbidden`
 */
export function requireRight(rule: AccessRule, principal: Principal, now: number): void {
  const expiresAt = principal.session?.expiresAt ?? null;
  if (expiresAt !== null && expiresAt <= now) throw new Refusal("session_expired");
  if (!permits(rule, principal)) throw new Refusal("forbidden");
}
