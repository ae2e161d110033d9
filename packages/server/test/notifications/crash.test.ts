import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Notification } from "@signalbox/protocol";
import { expect, it, onTestFinished } from "vitest";
import { createSqlStore, openSqlite, type SignalboxTables } from "../../src/store/sql.ts";
import { connectClient, startTestServer } from "../../src/testing/index.ts";

it("a notice whose server is killed between storing and sending it arrives later, before what follows it, and is due to be escalated", async () => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-notice-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, "data.db");
  const first = fork(join(import.meta.dirname, "crash-main.ts"), [path], {
    execArgv: ["--conditions=@signalbox/source"],
  });
  onTestFinished(() => void first.kill("SIGKILL"));
  const [{ url, cookie }] = (await once(first, "message")) as [{ url: string; cookie: string }];
  const before = await connectClient(url, { cookie });
  onTestFinished(() => before.close());
  first.send("notify");
  expect(await once(first, "exit")).toEqual([null, "SIGKILL"]);
  expect(before.received("notification")).toEqual([]);

  const store = await createSqlStore(openSqlite<SignalboxTables>(path).kysely);
  const server = await startTestServer({ store });
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  const after = await connectClient(server.url, { cookie: server.sessions.signIn({ userId: "ada" }).cookie });
  onTestFinished(() => after.close());
  await server.realtime.notify.user("ada", { type: "test", title: "after" });
  const got = [await after.next<Notification>("notification"), await after.next<Notification>("notification")];
  expect(got.map(({ seq, title }) => [seq, title])).toEqual([
    [1, "before"],
    [2, "after"],
  ]);

  const now = new Date(Date.now() + 3_600_000).toISOString();
  const due = await store.notifications.escalations.claim({ now, until: now, limit: 10 });
  expect(due.map(({ notice }) => notice.title)).toEqual(["before"]);
});
