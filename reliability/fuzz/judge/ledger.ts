import type { Case } from "../cases/case.ts";

/** Everything that one client has said on one connection: whatever the server does for it must be in here. */
export interface Account {
  readonly sid: string;
  says(text: string): void;
  says(each: Case): void;
  /** Whether all of these words were said. */
  mentions(...words: readonly string[]): boolean;
  /** The connection is gone. */
  close(): void;
}

export interface Ledger {
  open(sid: string): Account;
  find(sid: string): Account | undefined;
  all(): Iterable<Account>;
  /** Drops what was closed long enough ago for the server to have noticed. */
  forget(): void;
}

/** A connection that has been cut off may be in the server's lists for a little longer: reading a stream takes turns. */
const noticedMs = 5000;

/** What is named stands near the beginning; what is large is filled up with nothing. */
const startOf = ({ payload }: Case["messages"][number]): string => payload.toString("latin1", 0, 10_000);

export function createLedger(): Ledger {
  const accounts = new Map<string, Account>();
  /** When each was closed. */
  const closed = new Map<string, number>();

  return {
    open(sid) {
      let said = "";
      const account: Account = {
        sid,
        says(what: string | Case) {
          if (typeof what === "string") said += `${what}\n`;
          else said += [what.meant, ...what.messages.map(startOf), ""].join("\n");
        },
        mentions: (...words) => words.every((word) => said.includes(word)),
        close: () => void closed.set(sid, performance.now()),
      };
      closed.delete(sid);
      accounts.set(sid, account);
      return account;
    },
    find: (sid) => accounts.get(sid),
    all: () => accounts.values(),
    forget() {
      const due = performance.now() - noticedMs;
      for (const [sid, at] of closed) {
        // In the order of their end: the others are younger.
        if (at > due) return;
        closed.delete(sid);
        accounts.delete(sid);
      }
    },
  };
}
