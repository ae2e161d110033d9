import type { Link } from "../link.ts";
import type { Reporter } from "../report.ts";
import { holdLock } from "./election.ts";
import type { Follower, Port } from "./follower.ts";
import { createLeader, type Leader } from "./leader.ts";
import { parseMessage, type Telling, version } from "./messages.ts";

interface GroupOptions {
  readonly group: string;
  readonly follower: Follower;
  readonly report: Reporter;
  readonly locks: LockManager;
  openLink(): Link;
  openChannel(name: string): BroadcastChannel;
}

/**
 * Adds this tab to its group: it follows, and leads when its turn comes. Returns a function that leaves the group. It
 * sends no message: the released locks notify the others.
 */
export function joinGroup({ group, follower, report, locks, openLink, openChannel }: GroupOptions): () => void {
  const name = `signalbox:${version}:${group}`;
  const self = crypto.randomUUID();
  const lockOf = (tab: string): string => `${name}:${tab}`;
  let channel: BroadcastChannel | undefined = openChannel(name);
  let leader: Leader | undefined;
  const releases: (() => void)[] = [];

  const port: Port = {
    send(message) {
      const full = { ...message, from: self };
      if (leader !== undefined) leader.receive(full);
      else post(full);
    },
    leaderless: async () => !(await locks.query()).held?.some((lock) => lock.name === name),
  };

  channel.onmessage = ({ data }) => {
    const message = parseMessage(data);
    if (message === undefined) {
      report.report({ kind: "malformed_message", error: new TypeError(`Not a message of ${name}.`) });
    } else if ("from" in message) leader?.receive(message);
    else if (leader === undefined && (message.to ?? self) === self) follower.receive(message);
  };

  // The others would consider a tab dead if it sent a message before it holds its own lock.
  releases.push(holdLock(locks, lockOf(self), enter, goAlone));

  function enter(): void {
    follower.attach(port);
    releases.push(holdLock(locks, name, lead, goAlone));
  }

  function post(message: object): void {
    if (channel === undefined) return;
    try {
      channel.postMessage(message);
    } catch {
      // Proxies and functions cannot be cloned, but a socket would have sent their JSON form.
      channel.postMessage(JSON.parse(JSON.stringify(message)));
    }
  }

  function lead(): void {
    const term = crypto.randomUUID();
    const tell = (telling: Telling, to?: string): void => {
      const message = { ...telling, term, to };
      if (to !== self) post(message);
      if (to === undefined || to === self) follower.receive(message);
    };
    leader = createLeader({
      ...{ link: openLink(), term, self, tell },
      watch: (tab, onGone) =>
        holdLock(
          ...[locks, lockOf(tab)],
          (release) => {
            release();
            onGone();
          },
          (error) => report.report({ kind: "internal", error }),
        ),
    });
    tell({ type: "lead" });
  }

  /** Without locks, tabs cannot tell which others are alive: this tab opens its own connection, as if it were alone. */
  function goAlone(error: unknown): void {
    report.report({ kind: "internal", error });
    leave();
    follower.attach(port);
    lead();
  }

  function leave(): void {
    channel?.close();
    channel = undefined;
    leader?.resign();
    leader = undefined;
    for (const release of releases.splice(0)) release();
  }

  return leave;
}
