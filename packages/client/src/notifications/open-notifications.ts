/** A user's notifications in the page. A separate subpath: a page that shows none does not load it. */
import {
  type LedgerStanding,
  type Notification,
  type NotificationEvents,
  type NotificationPage,
  namespaces,
  type UserEvents,
  type UserRequests,
} from "@signalbox/protocol";
import type { Clients } from "../create-clients.ts";
import { systemEnvironment } from "../environment.ts";
import { leavesHttp } from "../leaves-http.ts";
import { createListeners } from "../listeners.ts";
import { createSource } from "../observable.ts";
import { createReporter } from "../report.ts";
import { list, number, shaped, text } from "../shape.ts";
import { type Ask, overHttp, overSocket } from "./ask.ts";
import type { NotificationCentre, NotificationsOptions, NotificationsState } from "./centre.ts";
import { emptyLedger, type Ledger, newOnes, settledUpTo, withNew, withoutExpired, withStanding } from "./ledger.ts";
import { createServerClock } from "./server-clock.ts";

export type { NotificationCentre, NotificationsOptions, NotificationsState } from "./centre.ts";

const perRequest = 500;

/** How long the client waits for a socket before it polls over HTTP, and the polling interval from then on. */
const pollAfterMs = 5000;
const pollMs = 15_000;

/** Delay after a request that the server did not answer, on a connection that is alive. */
const retryMs = 2000;

/**
 * Delay before acknowledging, random for each tab: many arrivals become one request, and what one tab acknowledged the
 * others need not repeat.
 */
const acknowledgeAfterMs = { least: 100, most: 400 };

const isNotification = shaped<Notification>({ id: text, seq: Number.isSafeInteger, title: text, expires_at: text });
const isStanding = shaped<LedgerStanding>({
  ...{ latest_seq: number, acknowledged_seq: number, read_seq: number, unread: number },
});
const isPage = shaped<NotificationPage>({ latest_seq: number, notifications: list });

/** Follows the notifications of the signed-in user, from now until `close`. */
export function openNotifications(
  clients: Clients,
  { limit = 50, onProblem, environment = systemEnvironment }: NotificationsOptions = {},
): NotificationCentre {
  const user = clients.user();
  const events = clients.namespace<UserRequests, NotificationEvents & Pick<UserEvents, "connection_established">>(
    namespaces.user,
  );
  const report = createReporter(onProblem);
  const arrivals = createListeners<[Notification]>(report);
  /** Determines which notifications have expired. */
  const clock = createServerClock(environment);
  const source = createSource<NotificationsState>({ phase: "loading", ...shown(emptyLedger) }, report);
  let ledger = emptyLedger;
  let isLoaded = false;
  let userId: string | undefined;
  /** Responses for another user, or for an earlier turn, are ignored. */
  let turn = 0;
  let isSyncing = false;
  /** The highest `seq` announced during a sync: the page being read may be older than that notification. */
  let overheard = 0;
  let timers: Partial<Record<"sync" | "acknowledge" | "expire", () => void>> = {};

  const isOpen = (): boolean => user.status().status === "open";
  const ask: Ask = (event, payload) => (isOpen() ? overSocket : overHttp)(clients)(event, payload);
  /** Permanently, or until another user signs in. When the connection is merely lost, the list stays. */
  const isRefused = (): boolean => {
    const { status, diagnosis } = user.status();
    return status === "refused" && (diagnosis?.retry === "session_change" || diagnosis?.retry === "never");
  };
  const isPolled = (): boolean => !isOpen() && leavesHttp(clients.state.get());

  const stops = [
    events.on("notification", arrived),
    events.on("unread_update", stands),
    events.on("connection_established", ({ user_id }) => belongsTo(user_id)),
    user.onStatus(follow),
    clients.state.subscribe(follow),
  ];
  follow();

  /** One timer of each kind; a later call replaces the earlier one. */
  function later(name: keyof typeof timers, ms: number, run: () => void): void {
    timers[name]?.();
    timers[name] = environment.after(ms, () => {
      delete timers[name];
      run();
    });
  }

  function follow(): void {
    if (isOpen()) {
      if (source.get().phase !== "live") void sync();
      return;
    }
    if (isPolled()) {
      // Not at once: most connections return within this delay, and after a restart all clients would send requests
      // together.
      if (timers.sync === undefined && !isSyncing) later("sync", pollAfterMs, poll);
      if (source.get().phase !== "polling") show(isLoaded ? "stale" : "loading");
    } else if (isRefused()) forget("refused");
    else {
      // The next connection may belong to another user, which shows only when the server says so. An acknowledgement sent
      // before that would count for that user. Reading after it schedules the acknowledgement again.
      timers.acknowledge?.();
      delete timers.acknowledge;
      show(isLoaded ? "stale" : "loading");
    }
  }

  function poll(): void {
    if (isPolled()) void sync();
    else follow();
  }

  function show(phase: NotificationsState["phase"]): void {
    source.set({ phase, ...shown(ledger) });
  }

  /** Removes one user's notifications before the page shows another user's. */
  function belongsTo(id: string): void {
    const isAnother = userId !== undefined && userId !== id;
    userId = id;
    if (!isAnother) return;
    forget("loading");
    follow();
  }

  function forget(phase: NotificationsState["phase"]): void {
    turn += 1;
    isSyncing = false;
    isLoaded = false;
    overheard = 0;
    ledger = emptyLedger;
    for (const cancel of Object.values(timers)) cancel();
    timers = {};
    show(phase);
  }

  /** Reads everything above `taken`. Reads once more if a notification arrived meanwhile. */
  async function sync(): Promise<void> {
    if (isSyncing) return;
    isSyncing = true;
    timers.sync?.();
    delete timers.sync;
    const mine = turn;
    const isDone = await readAll(mine).then(
      () => true,
      () => false,
    );
    if (mine !== turn) return;
    isSyncing = false;
    const isMore = overheard > ledger.taken;
    overheard = 0;
    if (!isOpen()) later("sync", pollMs, poll);
    else if (!isDone) later("sync", retryMs, follow);
    else if (isMore) void sync();
  }

  async function readAll(mine: number): Promise<void> {
    if (!clock.isKnown) {
      const { server_time } = await ask("check_connection", {});
      if (mine !== turn) return;
      clock.learn(server_time);
    }
    if (!isLoaded) {
      const standing: unknown = await ask("sync_notifications", { after: Number.MAX_SAFE_INTEGER, limit: 1 });
      if (mine !== turn || !isStanding(standing)) return;
      const { latest_seq, acknowledged_seq } = standing;
      ledger = {
        ...withStanding(ledger, standing),
        taken: Math.max(0, Math.min(latest_seq - limit, acknowledged_seq)),
      };
    }
    const told = isLoaded ? ledger.taken : ledger.standing.acknowledged_seq;
    for (;;) {
      const page: unknown = await ask("sync_notifications", { after: ledger.taken, limit: perRequest });
      if (mine !== turn || !isPage(page)) return;
      const { notifications, ...standing } = page;
      take(notifications, told);
      // Numbers can be missing permanently, including the last ones. A page may hold fewer than requested, but is empty
      // only at the end.
      if (notifications.length === 0) ledger = { ...ledger, taken: Math.max(ledger.taken, page.latest_seq) };
      stood(standing);
      if (ledger.taken < page.latest_seq) continue;
      isLoaded = true;
      dropExpired();
      show(isOpen() ? "live" : "polling");
      return;
    }
  }

  function arrived(notification: unknown): void {
    if (!isNotification(notification) || notification.seq <= ledger.taken) return;
    if (isSyncing) return overhear(notification.seq);
    if (!isLoaded) return;
    // A number was skipped: it may be missing permanently, or arrive later.
    if (notification.seq > ledger.taken + 1) return void sync();
    take([notification], ledger.taken);
    show("live");
  }

  /** @param told - listeners have received everything up to this `seq` */
  function take(notifications: readonly unknown[], told: number): void {
    const added = newOnes(ledger, notifications.filter(isNotification));
    ledger = withNew(ledger, added, limit);
    for (const each of added) if (each.seq > told) arrivals.tell(each);
    acknowledgeSoon();
    expireInTime();
  }

  function overhear(seq: number): void {
    overheard = Math.max(overheard, seq);
  }

  function stands(standing: unknown): void {
    if (!isStanding(standing)) return;
    if (isSyncing) overhear(standing.latest_seq);
    if (!isLoaded) return;
    stood(standing);
    show(source.get().phase);
    if (standing.latest_seq > ledger.taken) void sync();
  }

  function stood(standing: LedgerStanding): void {
    ledger = withStanding(ledger, standing);
    acknowledgeSoon();
  }

  function acknowledgeSoon(): void {
    if (timers.acknowledge !== undefined || settledUpTo(ledger) <= ledger.standing.acknowledged_seq) return;
    const { least, most } = acknowledgeAfterMs;
    later("acknowledge", least + environment.random() * (most - least), () => {
      // Without a connection, the next arrival or the next opening acknowledges.
      if (!isOpen() && source.get().phase !== "polling") return;
      const seq = settledUpTo(ledger);
      // After a failure, the next arrival or the next opening acknowledges again.
      if (seq > ledger.standing.acknowledged_seq) move("ack_notifications", seq).catch(() => {});
    });
  }

  async function move(event: "ack_notifications" | "read_notifications", seq: number): Promise<void> {
    const mine = turn;
    const { unread } = await ask(event, { seq });
    if (mine !== turn) return;
    const { standing } = ledger;
    const acknowledged_seq = Math.max(standing.acknowledged_seq, seq);
    const read_seq = event === "read_notifications" ? Math.max(standing.read_seq, seq) : standing.read_seq;
    stood({ ...standing, acknowledged_seq, read_seq, unread });
    show(source.get().phase);
  }

  /** Expired notifications leave the list and the server's count. */
  function expireInTime(): void {
    const next = Math.min(...ledger.notifications.map(({ expires_at }) => Date.parse(expires_at)));
    if (!Number.isFinite(next)) return timers.expire?.();
    later("expire", Math.max(0, next - clock.now()) + 1, () => {
      clock.doubt();
      if (isOpen() || isPolled()) return void sync();
      dropExpired();
      show(source.get().phase);
    });
  }

  function dropExpired(): void {
    ledger = withoutExpired(ledger, clock.now());
    expireInTime();
  }

  return {
    ...{ get: source.get, subscribe: source.subscribe, [Symbol.asyncIterator]: source[Symbol.asyncIterator] },
    onArrived: arrivals.add,
    async markRead(seq) {
      const upTo = Math.min(seq, settledUpTo(ledger));
      if (upTo > ledger.standing.read_seq) await move("read_notifications", upTo);
    },
    acknowledge: (seq) => move("ack_notifications", Math.min(seq, ledger.taken)),
    close() {
      for (const stop of stops) stop();
      turn += 1;
      for (const cancel of Object.values(timers)) cancel();
      source.end();
    },
  };
}

const shown = ({ standing, notifications }: Ledger) => ({ ...standing, notifications });
