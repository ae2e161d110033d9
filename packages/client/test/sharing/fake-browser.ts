/** Web Locks and BroadcastChannel as one browser would give them to its tabs, with tabs that can be killed. */

interface Claim {
  readonly tab: FakeTab;
  readonly name: string;
  readonly run: (lock: Lock | null) => unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export interface FakeTab {
  readonly locks: LockManager;
  openChannel(name: string): BroadcastChannel;
  /** Its renderer crashes: its locks fall to others, and nothing reaches it or leaves it any more. */
  kill(): void;
  /** It stops running, but keeps what it has. */
  paused: boolean;
  /** The browser keeps it waiting for locks. */
  lockless: boolean;
}

export interface FakeBrowser {
  openTab(): FakeTab;
  /** Another page takes a lock by force. */
  steal(name: string): void;
  held(): string[];
  /** How many wait for a lock. */
  waiting(): number;
  /** Names of all channels that were opened. */
  readonly channelNames: ReadonlySet<string>;
  /** Everything that was posted, in order. */
  readonly posted: unknown[];
}

type Listener = ((event: MessageEvent) => void) | null;

export function createFakeBrowser(): FakeBrowser {
  const held = new Map<string, Claim>();
  const queues = new Map<string, Claim[]>();
  const channels = new Set<{ tab: FakeTab; name: string; onmessage: Listener; backlog: unknown[] }>();
  const channelNames = new Set<string>();
  const dead = new Set<FakeTab>();
  const posted: unknown[] = [];

  function grantNext(name: string): void {
    if (held.has(name)) return;
    const queue = queues.get(name);
    const claim = queue?.[0];
    if (queue === undefined || claim === undefined || claim.tab.lockless) return;
    queue.shift();
    held.set(name, claim);
    queueMicrotask(() => {
      if (held.get(name) !== claim) return;
      void (async () => claim.run({ name, mode: "exclusive" }))().then(
        (value) => end(claim, () => claim.resolve(value)),
        (error: unknown) => end(claim, () => claim.reject(error)),
      );
    });
  }

  function end(claim: Claim, settle: () => void): void {
    if (held.get(claim.name) !== claim) return;
    held.delete(claim.name);
    settle();
    grantNext(claim.name);
  }

  function lockManager(tab: FakeTab): LockManager {
    const request = (name: string, { signal }: LockOptions, run: Claim["run"]): Promise<unknown> =>
      new Promise((resolve, reject) => {
        if (dead.has(tab)) return;
        const claim: Claim = { tab, name, run, resolve, reject };
        const queue = queues.get(name) ?? [];
        queues.set(name, queue);
        queue.push(claim);
        signal?.addEventListener("abort", () => {
          const membership = queue.indexOf(claim);
          if (membership === -1) return;
          queue.splice(membership, 1);
          reject(new DOMException("Aborted", "AbortError"));
        });
        grantNext(name);
      });
    const query = async (): Promise<LockManagerSnapshot> => ({
      held: [...held.keys()].map((name) => ({ name, mode: "exclusive", clientId: "" })),
      pending: [],
    });
    return { request, query } as unknown as LockManager;
  }

  return {
    channelNames,
    posted,
    held: () => [...held.keys()],
    waiting: () => [...queues.values()].flat().length,
    steal(name) {
      const claim = held.get(name);
      if (claim !== undefined) end(claim, () => claim.reject(new DOMException("Stolen", "AbortError")));
    },
    openTab() {
      let paused = false;
      let lockless = false;
      const tab: FakeTab = {
        get locks() {
          return lockManager(tab);
        },
        openChannel(name) {
          channelNames.add(name);
          const channel = {
            ...{ tab, name, backlog: [] as unknown[] },
            onmessage: null as Listener,
            postMessage(data: unknown) {
              const copy: unknown = structuredClone(data);
              if (dead.has(tab)) return;
              if (!channels.has(channel)) throw new DOMException("Closed", "InvalidStateError");
              posted.push(copy);
              for (const other of channels) {
                if (other.name !== name || other === channel) continue;
                queueMicrotask(() => {
                  if (!channels.has(other) || dead.has(other.tab)) return;
                  if (other.tab.paused) other.backlog.push(copy);
                  else other.onmessage?.({ data: structuredClone(copy) } as MessageEvent);
                });
              }
            },
            close: () => void channels.delete(channel),
          };
          channels.add(channel);
          return channel as unknown as BroadcastChannel;
        },
        kill() {
          dead.add(tab);
          for (const queue of queues.values()) {
            for (const claim of queue.filter((claim) => claim.tab === tab)) queue.splice(queue.indexOf(claim), 1);
          }
          for (const claim of [...held.values()]) if (claim.tab === tab) end(claim, () => {});
          for (const channel of channels) if (channel.tab === tab) channels.delete(channel);
        },
        get lockless() {
          return lockless;
        },
        set lockless(next) {
          lockless = next;
          for (const name of queues.keys()) grantNext(name);
        },
        get paused() {
          return paused;
        },
        set paused(next) {
          paused = next;
          if (paused) return;
          for (const channel of channels) {
            if (channel.tab !== tab) continue;
            for (const data of channel.backlog.splice(0)) channel.onmessage?.({ data } as MessageEvent);
          }
        },
      };
      return tab;
    },
  };
}

/** Until every message has arrived and every promise is settled that needs no more than that. */
export async function settled(): Promise<void> {
  for (let round = 0; round < 5; round += 1) await new Promise((resolve) => setImmediate(resolve));
}
