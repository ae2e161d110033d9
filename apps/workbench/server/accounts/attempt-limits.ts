/** Allowed failed attempts within the window, by subject. */
const limits = { account: 10, address: 50 } as const;
const windowMs = 15 * 60_000;

/** Accounts and addresses that are tracked at a time; the oldest are dropped. */
const maxKept = 10_000;

type Subject = keyof typeof limits;

/** The subjects that an attempt counts for. */
export interface Attempt {
  /** An account as the client names it, whether it exists or not. */
  readonly account: string;
  readonly address: string;
}

/** Limits password attempts, per account and per address. */
export interface AttemptLimits {
  /**
   * Counts an attempt before it is made, so that concurrent ones count. Returns the seconds to wait when it is not
   * allowed.
   */
  begin(attempt: Attempt): number | undefined;
  /** The attempt did not fail: resets the account's count, and takes the attempt off the address's count. */
  succeed(attempt: Attempt): void;
}

interface Count {
  attempts: number;
  readonly until: number;
}

/** Kept in the memory of this process: with several nodes, each has its own counts. */
export function createAttemptLimits(now: () => number = Date.now): AttemptLimits {
  const counts: Readonly<Record<Subject, Map<string, Count>>> = { account: new Map(), address: new Map() };

  function current(subject: Subject, key: string): Count | undefined {
    const count = counts[subject].get(key);
    return count !== undefined && count.until > now() ? count : undefined;
  }

  function raise(subject: Subject, key: string): void {
    const kept = counts[subject];
    const count = current(subject, key) ?? { attempts: 0, until: now() + windowMs };
    count.attempts += 1;
    // A Map keeps insertion order, so the oldest entry is dropped first.
    if (!kept.has(key) && kept.size >= maxKept) kept.delete(kept.keys().next().value as string);
    kept.set(key, count);
  }

  function waitFor(subject: Subject, key: string): number {
    const count = current(subject, key);
    return count !== undefined && count.attempts >= limits[subject] ? Math.ceil((count.until - now()) / 1000) : 0;
  }

  return {
    begin({ account, address }) {
      const wait = Math.max(waitFor("account", account), waitFor("address", address));
      if (wait > 0) return wait;
      raise("account", account);
      raise("address", address);
      return undefined;
    },
    succeed({ account, address }) {
      counts.account.delete(account);
      const count = current("address", address);
      if (count !== undefined) count.attempts -= 1;
    },
  };
}
