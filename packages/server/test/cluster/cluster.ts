/** Two nodes of one application on one Redis, with shared sessions and a shared store. */

import { startRedis } from "../../../../scripts/services/redis.ts";
import type { Service } from "../../../../scripts/services/service.ts";
import { connectRedis } from "../../src/cluster/redis/connect-redis.ts";
import { loadConfig } from "../../src/config/load-config.ts";
import type { Store } from "../../src/core/ports.ts";
import { createMemoryStore } from "../../src/store/memory.ts";
import { createTestSessions, startTestServer, type TestServer, type TestSessions } from "../../src/testing/index.ts";

export interface TestCluster {
  readonly redis: Service;
  readonly sessions: TestSessions;
  readonly store: Store;
  readonly nodes: readonly TestServer[];
  /** Starts one more node, with its own settings. */
  add(env?: Record<string, string>): Promise<TestServer>;
  close(): Promise<void>;
}

export async function startCluster({ env = {} }: { env?: Record<string, string> } = {}): Promise<TestCluster> {
  const redis = await startRedis();
  const sessions = createTestSessions();
  const store = createMemoryStore();
  const nodes: TestServer[] = [];
  async function add(own: Record<string, string> = {}): Promise<TestServer> {
    const settings = { REDIS_URL: redis.url, ...env, ...own };
    const { config } = loadConfig({ NODE_ENV: "test", ...settings });
    const logger = { debug() {}, info() {}, warn() {}, error() {} };
    const node = await startTestServer({
      ...{ env: settings, store, sessions, cluster: connectRedis(config, { logger }) },
      roomAccess: (_roomId, { role }) => role === "admin",
    });
    nodes.push(node);
    return node;
  }
  await Promise.all([add(), add()]);
  return {
    ...{ redis, sessions, store, nodes, add },
    async close() {
      await Promise.all(nodes.map((node) => node.close()));
      await redis.stop();
    },
  };
}
