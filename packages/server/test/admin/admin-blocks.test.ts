/** Blocks that administrators impose: in force at once, across a restart, until they expire or are lifted. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import type { Store } from "../../src/core/ports.ts";
import { createMemoryStore } from "../../src/index.ts";
import { createSqlStore, openSqlite } from "../../src/store/sql.ts";
import {
  connectClient,
  createFakeClock,
  refusalOf,
  startTestServer,
  type TestServer,
} from "../../src/testing/index.ts";

async function withAdmin(server: TestServer) {
  const { cookie } = server.sessions.signIn({ userId: "root", role: "admin" });
  const admin = await connectClient(server.url, { cookie, namespace: "/admin" });
  onTestFinished(() => admin.close());
  return admin;
}

const knock = async (server: TestServer, userId = "mallory") =>
  (await refusalOf(server.url, { cookie: server.sessions.signIn({ userId }).cookie })).code;

it("an administrator's block survives a restart and ends at its set time", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-blocks-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const open = (): Promise<Store> => createSqlStore(openSqlite(join(folder, "data.sqlite")).kysely);
  const first = await open();
  const before = await startTestServer({ store: first });
  const block = { subject: "user", id: "mallory", seconds: 3600, reason: "spam" };
  const { block: imposed } = await (await withAdmin(before)).request("add_block", block);
  await before.close();
  await first.close();

  const second = await open();
  onTestFinished(() => second.close());
  const clock = createFakeClock(Date.now());
  const after = await startTestServer({ store: second, clock });
  onTestFinished(() => after.close());
  expect(await knock(after)).toBe("blocked");
  const admin = await withAdmin(after);
  expect((await admin.request("list_blocks", {})).rows).toEqual([imposed]);
  await clock.advance(3_600_000);
  const { cookie } = after.sessions.signIn({ userId: "mallory" });
  const client = await connectClient(after.url, { cookie });
  client.close();
});

it("lifting a block removes it from the store and records the lift in the security log", async () => {
  const store = createMemoryStore();
  const server = await startTestServer({ store });
  onTestFinished(() => server.close());
  const admin = await withAdmin(server);
  const subject = { subject: "user", id: "mallory" };
  await admin.request("add_block", { ...subject, seconds: 60, reason: "spam" });
  expect(await admin.request("lift_block", { ...subject, reason: "a mistake" })).toEqual({ ok: true, lifted: true });
  expect(await store.blocks.list(new Date().toISOString())).toEqual([]);
  const { rows } = await admin.request("list_security_events", { type: "admin_action" });
  expect(rows.map(({ detail }: { detail: string }) => detail)).toEqual([
    'Asked to lift the block of user "mallory": a mistake',
    expect.stringMatching(/^Asked to block user "mallory" until .*Z: spam$/),
  ]);
});

it("administrators cannot block themselves, cannot block without a reason or beyond the bounds, and cannot block an invalid address", async () => {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  const admin = await withAdmin(server);
  const block = { subject: "user", id: "root", seconds: 60 };
  const eve = { ...block, id: "eve", reason: "x" };
  const wrongs = [
    ...[{ ...block, reason: "oops" }, block, { ...eve, subject: "address", id: "10.0.0" }],
    ...[
      { ...eve, seconds: 0 },
      { ...eve, seconds: 366 * 86_400 },
      { ...eve, reason: "" },
    ],
    ...[
      { ...eve, reason: "x".repeat(501) },
      { ...eve, id: "x".repeat(257) },
      { ...eve, id: "" },
    ],
  ];
  for (const wrong of wrongs) {
    expect(await admin.request("add_block", wrong)).toMatchObject({ ok: false, error: { code: "payload_invalid" } });
  }
  expect((await admin.request("list_blocks", {})).rows).toEqual([]);
});

it("the server refuses every connection as unavailable until the blocks can be read, and admits users soon after", async () => {
  const memory = createMemoryStore();
  let fails = true;
  const list: Store["blocks"]["list"] = async (now) => {
    if (fails) throw new Error("not yet");
    return memory.blocks.list(now);
  };
  const server = await startTestServer({ store: { ...memory, blocks: { ...memory.blocks, list } } });
  onTestFinished(() => server.close());
  expect(await knock(server)).toBe("unavailable");
  fails = false;
  await expect
    .poll(async () => {
      const { cookie } = server.sessions.signIn({ userId: "ada" });
      const client = await connectClient(server.url, { cookie }).catch(() => undefined);
      client?.close();
      return client === undefined ? "out" : "in";
    })
    .toBe("in");
});

it("what cannot be stored is not in force", async () => {
  const memory = createMemoryStore();
  const put = () => Promise.reject(new Error("disk full"));
  const server = await startTestServer({ store: { ...memory, blocks: { ...memory.blocks, put } } });
  onTestFinished(() => server.close());
  const admin = await withAdmin(server);
  const block = { subject: "user", id: "mallory", seconds: 60, reason: "spam" };
  expect(await admin.request("add_block", block)).toMatchObject({ ok: false, error: { code: "internal" } });
  expect((await admin.request("list_blocks", {})).rows).toEqual([]);
});
