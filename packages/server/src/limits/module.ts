import type { SecurityEventType } from "@signalbox/protocol";
import type { AppContext } from "../app/app-context.ts";
import { defineTopic } from "../core/message-bus.ts";
import { type AdminBlocks, createAdminBlocks } from "./admin-blocks.ts";
import { type AutomaticBlocks, createAutomaticBlocks } from "./automatic-blocks.ts";
import { type Block, blockRefusal } from "./block.ts";
import { createRateLimits, type RateLimits } from "./rate-limits.ts";
import type { SharedBudgets } from "./shared-limit.ts";

/** Published when a block for repeated offences begins. */
export const automaticBlockBegun = defineTopic<Block>("blocked");

/** Published when an administrator has blocked a user, or the guests of an address. */
export const adminBlockBegun = defineTopic<Block>("imposed");

/** Published when a block is lifted; the message is its subject. */
const blockLifted = defineTopic<string>("lifted");

export interface Limits {
  readonly rates: RateLimits;
  readonly automaticBlocks: Pick<AutomaticBlocks, "of" | "list">;
  readonly adminBlocks: Pick<AdminBlocks, "of" | "list" | "lift">;
  /** Adds the weight of an offence. Returns the block that it caused, if any: `announce` it once it is logged. */
  offend(subject: string, type: SecurityEventType): Block | undefined;
  announce(block: Block): void;
  /** Blocks a subject in the name of an administrator. Resolves once the block is stored. */
  impose(block: Block): Promise<void>;
  /** Lifts all blocks of a subject, on every node. False when there was none. */
  lift(subject: string): Promise<boolean>;
  /** @throws Refusal `blocked`, or `unavailable` while the blocks of administrators cannot be read */
  requireUnblocked(subject: string): void;
}

/** @param shared - budgets that all nodes take from; undefined for an application of one node */
export function createLimits(app: AppContext, shared: SharedBudgets | undefined): Limits {
  const { config, clock, log, store, bus, lifecycle } = app;
  const rates = createRateLimits(config, clock, shared);
  const automaticBlocks = createAutomaticBlocks(clock);
  const adminBlocks = createAdminBlocks({ store: store.blocks, clock, log });

  bus.subscribe(automaticBlockBegun, (block, { remote }) => {
    if (remote) automaticBlocks.learn(block);
  });
  bus.subscribe(adminBlockBegun, (block, { remote }) => {
    if (remote) adminBlocks.learn(block);
  });
  bus.subscribe(blockLifted, (subject) => {
    automaticBlocks.lift(subject);
    adminBlocks.forget(subject);
  });
  bus.onResync(() => {
    adminBlocks.reload();
    for (const block of automaticBlocks.list()) bus.tell(automaticBlockBegun, block);
  });
  lifecycle.onClose(() => {
    adminBlocks.close();
    rates.close();
  });

  return {
    rates,
    automaticBlocks,
    adminBlocks,
    offend: automaticBlocks.offend,
    announce: (block) => void bus.publish(automaticBlockBegun, block),
    async impose(block) {
      await adminBlocks.impose(block);
      await bus.publish(adminBlockBegun, block);
    },
    async lift(subject) {
      const wasImposed = await adminBlocks.lift(subject);
      const lifted = automaticBlocks.lift(subject) || wasImposed;
      bus.tell(blockLifted, subject);
      return lifted;
    },
    requireUnblocked(subject) {
      const block = adminBlocks.of(subject) ?? automaticBlocks.of(subject);
      if (block !== undefined) throw blockRefusal(block, clock.now());
    },
  };
}
