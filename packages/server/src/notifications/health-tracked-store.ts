import type { NotificationStore } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import type { DependencyHealth } from "../observability/dependency-health.ts";

/** How long clients wait before they try again. */
const retryMs = 1000;

/**
 * The store of notifications, with its health tracked by the answers to ordinary calls. Readiness and two lines of the
 * log, with the cause, report an outage. Every affected request is refused as `unavailable`.
 */
export function trackStoreHealth(store: NotificationStore, health: DependencyHealth): NotificationStore {
  async function seen<Answer>(ask: () => Promise<Answer>): Promise<Answer> {
    try {
      const answer = await ask();
      health.answered();
      return answer;
    } catch (error) {
      health.failed(error);
      throw new Refusal("unavailable", { retryAfterMs: retryMs, hint: "The store of notifications does not answer." });
    }
  }

  const { escalations } = store;
  return {
    append: (notices) => seen(() => store.append(notices)),
    read: (reader, from) => seen(() => store.read(reader, from)),
    advance: (reader, state, seq) => seen(() => store.advance(reader, state, seq)),
    forget: (now) => seen(() => store.forget(now)),
    ofUser: (user, from) => seen(() => store.ofUser(user, from)),
    eraseUser: (userId, limit) => seen(() => store.eraseUser(userId, limit)),
    escalations: {
      claim: (lease) => seen(() => escalations.claim(lease)),
      postpone: (serial, until) => seen(() => escalations.postpone(serial, until)),
      settle: (serial) => seen(() => escalations.settle(serial)),
      hasAcknowledged: (userId, serial) => seen(() => escalations.hasAcknowledged(userId, serial)),
    },
  };
}
