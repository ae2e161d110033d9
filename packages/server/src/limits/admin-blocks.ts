import type { BlockStore, Clock, Log, StoredBlock } from "../core/ports.ts";
import { Refusal } from "../core/refusal.ts";
import type { Block } from "./block.ts";

/** Delay before reading the blocks is retried when the store does not answer at startup. */
const retryMs = 1000;

/** Blocks that administrators impose. They are in the store, because a restart must not end a block early. */
export interface AdminBlocks {
  /**
   * The block in force for a subject. Synchronous: the blocks are read into memory soon after startup.
   * @throws Refusal `unavailable` until they have been read: no user is admitted unchecked
   */
  of(place: string): Block | undefined;
  list(): Block[];
  /** Resolves once the block is stored. Replaces an existing block of the same subject. */
  impose(block: Block): Promise<void>;
  /** Lifts a block. Resolves once that is stored. False when none was in force. */
  lift(place: string): Promise<boolean>;
  /** Adopts a block that another node has imposed and stored. */
  learn(block: Block): void;
  /** Removes a block that another node has lifted. */
  forget(place: string): void;
  /** Reads the blocks again, because messages about changes may have been lost. */
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
      log.error(
        { err },
        "The blocks that administrators imposed cannot be read; no client is admitted until they are.",
      );
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
