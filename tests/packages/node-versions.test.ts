/** The packed packages on every supported version of Node: the oldest in `engines`, 24, and the current release. */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { packPackages } from "../../scripts/packages/pack.ts";
import { startPostgres } from "../../scripts/services/postgres.ts";
import { startRedis } from "../../scripts/services/redis.ts";
import type { Service } from "../../scripts/services/service.ts";
import { installNode, oldestNode } from "./node-versions.ts";
import { installTarballs, linkPackages, runIn } from "./stranger.ts";

const root = join(import.meta.dirname, "../..");
const beside = ["kysely", "pg", "jose", "ioredis", "bullmq", "better-auth", "express", "express-session"];
const scratch = mkdtempSync(join(tmpdir(), "node-versions-"));
const project = join(scratch, "project");
let redis: Service;
let postgres: Service;

beforeAll(async () => {
  await installTarballs(project, packPackages(root, join(scratch, "packed")));
  linkPackages(project, beside);
  cpSync(join(import.meta.dirname, "application"), join(project, "application"), { recursive: true });
  redis = await startRedis();
  postgres = await startPostgres();
}, 180_000);

afterAll(async () => {
  await Promise.all([redis?.stop(), postgres?.stop()]);
  rmSync(scratch, { recursive: true, force: true });
});

describe.each([oldestNode(), "24", "latest"])("Node %s", (range) => {
  it("runs server, client, stores, session sources, cluster, queue and command", async () => {
    const node = await installNode(range);
    const printed = await runIn(project, node, ["application/everything.mjs", redis.url, postgres.url]);
    const { version, works } = JSON.parse(printed.trim().split("\n").at(-1) ?? "");
    if (range === oldestNode()) expect(version).toBe(`v${range}`);
    expect(works).toEqual([
      ...["memory", "sqlite", "postgres"].flatMap((store) => [`${store} over polling`, `${store} over websocket`]),
      ...["cluster", "BullMQ", "bearer", "express-session", "Better Auth", "command"],
    ]);
  }, 180_000);
});
