import type { BlockStore, Clock, Log, StoredBlock } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import type { Block } from "./block.ts";

/** How soon reading them is tried again when the store does not answer at the start. */
const retryMs = 1000;

/** Blocks that administrators impose: kept in the store, since a restart must not let anybody back in before their time. */
export interface AdminBlocks {
  /**
   * The one in force for a place. Synchronous once they have been read, which they are soon after the start.
   * @throws Refusal `unavailable` while they cannot be read: nobody is let in unseen
   */
  of(place: string): Block | undefined;
  list(): Block[];
  /** Resolves once it is stored; replaces another one of the place. */
  impose(block: Block): Promise<void>;
  /** Resolves once that is stored. False when there was none in force. */
  lift(place: string): Promise<boolean>;
  /** Another node has imposed one, which it has stored. */
  learn(block: Block): void;
  /** Another node has lifted one. */
  forget(place: string): void;
  /** Reads them anew: word of changes may have been lost. */
  reload(): void;
  close(): void;
}

interface ImposedBlocksOptions {
  readonly store: BlockStore;
  readonly clock: Clock;
  readonly log: Log;
}

export function createAdminBlocks({ store, clock, log }: ImposedBlocksOptions): AdminBlocks {
  let known: Map<string, Block> | undefined;
  let cancelRetry: (() => void) | undefined;
  let closed = false;

  async function load(): Promise<void> {
    try {
      const stored = await store.list(new Date(clock.now()).toISOString());
      known = new Map(stored.map((row) => [row.place, fromStored(row)]));
    } catch (err) {
      log.error({ err }, "The blocks that administrators imposed cannot be read; nobody is let in until they are.");
      if (!closed) cancelRetry = clock.after(retryMs, () => void load());
    }
  }

  function blocks(): Map<string, Block> {
    if (known !== undefined) return known;
    throw new Refusal("unavailable", { retryAfterMs: retryMs });
  }

  function of(place: string): Block | undefined {
    const block = blocks().get(place);
    if (block === undefined || clock.now() < block.until) return block;
    blocks().delete(place);
    return undefined;
  }

  void load();
  return {
    of,
    list: () => [...blocks().keys()].map(of).filter((block) => block !== undefined),
    async impose(block) {
      const imposed = blocks();
      await store.put(toStored(block));
      imposed.set(block.place, block);
    },
    async lift(place) {
      const was = of(place) !== undefined;
      await store.remove(place);
      blocks().delete(place);
      return was;
    },
    learn: (block) => void known?.set(block.place, block),
    forget: (place) => void known?.delete(place),
    reload: () => void load(),
    close() {
      closed = true;
      cancelRetry?.();
    },
  };
}

const toStored = ({ place, since, until, by = "", note = "" }: Block): StoredBlock => ({
  ...{ place, by, note },
  since: new Date(since).toISOString(),
  until: new Date(until).toISOString(),
});

const fromStored = ({ place, since, until, by, note }: StoredBlock): Block => ({
  ...{ place, by, note, type: "banned", times: 1 },
  since: Date.parse(since),
  until: Date.parse(until),
});
