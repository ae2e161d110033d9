import type { Notify } from "@signalbox/server";
import type { Journal } from "./journal.ts";

interface NoticeMillOptions {
  readonly notify: Notify;
  readonly journal: Journal;
  readonly users: readonly string[];
  readonly random: () => number;
  onFailure(): void;
}

const everyMs = 250;

/** Sends notices all the time: to one user, to everybody, and now and then to administrators, of whom there are none. */
export function startNoticeMill({ notify, journal, users, random, onFailure }: NoticeMillOptions) {
  const { actor } = journal;
  let made = 0;

  async function send(audience: string, write: (title: string) => Promise<string>): Promise<string> {
    made += 1;
    const notice = `${actor}-${made}`;
    journal.write({ operation: "sent", actor, notice, audience, at: Date.now() });
    await write(notice);
    journal.write({ operation: "kept", actor, notice, at: Date.now() });
    return notice;
  }

  const noticeOf = (title: string) => ({ type: "mill", title });
  const toEveryone = () => send("everyone", (title) => notify.everyone(noticeOf(title)));

  async function sendOne(): Promise<void> {
    const dice = random();
    if (dice < 0.2) await toEveryone();
    else if (dice < 0.3) await send("role:admin", (title) => notify.role("admin", noticeOf(title)));
    else {
      const user = users[Math.floor(random() * users.length)] ?? "";
      await send(`user:${user}`, (title) => notify.user(user, noticeOf(title)));
    }
  }

  const timer = setInterval(() => void sendOne().catch(onFailure), everyMs);
  const stop = (): void => clearInterval(timer);

  return {
    stop,
    /** Sends the last one, to everybody, as often as it takes. Resolves with what it says. */
    async finish(): Promise<string> {
      stop();
      for (;;) {
        const last = await toEveryone().catch(onFailure);
        if (last !== undefined) return last;
        await new Promise((resolve) => setTimeout(resolve, everyMs));
      }
    },
  };
}
