/** Two administrators act at once, and one is cut off: each acknowledged command has its line in the security log. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SecurityEvent } from "@signalbox/protocol";
import { expect, it, onTestFinished } from "vitest";
import { readerOf } from "../../src/core/audience.ts";
import type { Principal, Store } from "../../src/core/ports.ts";
import { createSqlStore, openSqlite, type SignalboxTables } from "../../src/store/sql.ts";
import { connectClient, startTestServer, type TestClient, transports } from "../../src/testing/index.ts";

const commandsEach = 100;
/** Commands are sent together; the test waits for the answers after each batch of this size. */
const handful = 10;
/** The first administrator is cut off after the command of this number, in the middle of a batch. */
const cutBehind = 54;

interface Command {
  readonly event: string;
  readonly payload: object;
  /** The detail of the command's line, next to its user. */
  readonly detail: string;
}

/**
 * Rotates over every command that is audited. Each command names itself, so that its line cannot be confused with
 * another.
 */
function commandOf(who: string, number: number): Command {
  const mark = `${who}-${number}`;
  const reason = `reason ${mark}`;
  const kinds: readonly Command[] = [
    {
      event: "disconnect_user",
      payload: { user_id: mark, reason },
      detail: `Asked to disconnect user "${mark}": ${reason}`,
    },
    {
      event: "revoke_session",
      payload: { session_ref: mark, reason },
      detail: `Asked to revoke session ${mark}: ${reason}`,
    },
    { event: "cancel_task", payload: { task_id: mark, reason }, detail: `Asked to cancel task ${mark}: ${reason}` },
    {
      event: "lift_block",
      payload: { subject: "user", id: mark, reason },
      detail: `Asked to lift the block of user "${mark}": ${reason}`,
    },
    {
      event: "admin_notification",
      payload: { audience: { user_id: mark }, notification: { type: "test", title: mark } },
      detail: `Asked to notify {"user_id":"${mark}"}: ${mark}`,
    },
  ];
  return kinds[number % kinds.length] as Command;
}

it.each(transports)("loses none of 200 interleaved commands over %s", async (transport) => {
  const folder = mkdtempSync(join(tmpdir(), "signalbox-audit-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const store = await createSqlStore(openSqlite<SignalboxTables>(join(folder, "data.db")).kysely);
  const env = { SIGNALBOX_MESSAGE_RATE: "1000", SIGNALBOX_MESSAGE_BURST: "1000" };
  const server = await startTestServer({ store, env });
  onTestFinished(async () => {
    await server.close();
    await store.close();
  });
  const cookies = new Map(
    ["root", "rita"].map((who) => [who, server.sessions.signIn({ userId: who, role: "admin" }).cookie]),
  );
  async function connect(who: string): Promise<TestClient> {
    const client = await connectClient(server.url, { cookie: cookies.get(who) ?? "", transport, namespace: "/admin" });
    onTestFinished(() => client.close());
    return client;
  }

  const acknowledged: { who: string; command: Command }[] = [];
  async function give(client: TestClient, who: string, number: number): Promise<void> {
    const command = commandOf(who, number);
    // A command that was cut off has no answer, and its outcome is unknown.
    const answer = await client.request(command.event, command.payload).catch(() => undefined);
    if (answer !== undefined) acknowledged.push({ who, command });
  }

  let [root, rita] = [await connect("root"), await connect("rita")];
  for (let start = 0; start < commandsEach; start += handful) {
    const given: Promise<void>[] = [];
    for (let number = start; number < start + handful; number += 1) {
      given.push(give(root, "root", number), give(rita, "rita", number));
      if (number !== cutBehind) continue;
      root.socket.io.engine.close();
      root = await connect("root");
    }
    await Promise.all(given);
  }

  const lines = await adminLines(store);
  const isOf =
    (who: string, { event, detail }: Command) =>
    (line: SecurityEvent) =>
      line.user_id === who && line.event === event && line.detail === detail && line.count === 1;
  for (const { who, command } of acknowledged) expect(lines.filter(isOf(who, command))).toHaveLength(1);
  expect(acknowledged.filter(({ who }) => who === "rita")).toHaveLength(commandsEach);
  expect(acknowledged.length).toBeGreaterThanOrEqual(2 * commandsEach - handful);
  expect(acknowledged.length).toBeLessThan(2 * commandsEach);
  // A command whose answer was lost may have been carried out; then it has its line as well.
  for (const who of ["root", "rita"]) {
    for (let number = 0; number < commandsEach; number += 1) {
      const command = commandOf(who, number);
      if (command.event !== "admin_notification" || !(await wasSent(store, `${who}-${number}`))) continue;
      expect(lines.filter(isOf(who, command))).toHaveLength(1);
    }
  }
  // The log has no line that was not requested, and no line twice.
  const possible = ["root", "rita"].flatMap((who) =>
    Array.from({ length: commandsEach }, (_, number) => isOf(who, commandOf(who, number))),
  );
  for (const line of lines) expect(possible.filter((matches) => matches(line))).toHaveLength(1);
  expect(new Set(lines.map(({ detail }) => detail)).size).toBe(lines.length);
});

async function adminLines(store: Store): Promise<SecurityEvent[]> {
  const lines: SecurityEvent[] = [];
  for (let after: string | undefined; ; ) {
    const page = await store.securityEvents.list({
      type: "admin_action",
      limit: 500,
      ...(after !== undefined && { after }),
    });
    lines.push(...page.rows);
    if (page.next === null) return lines;
    after = page.next;
  }
}

async function wasSent({ notifications }: Store, userId: string): Promise<boolean> {
  const principal: Principal = { userId, username: userId, role: "user", session: null };
  return (await notifications.read(readerOf(principal, Date.now()), { limit: 1 })).latest_seq > 0;
}
