/** Two administrators act at the same moment. */
import { expect, it, onTestFinished } from "vitest";
import { createSqlStore, openSqlite } from "../../src/store/sql.ts";
import { connectClient, startTestServer } from "../../src/testing/index.ts";

it("each command has its own security log line under the right name, and every dashboard shows all of them", async () => {
  const store = await createSqlStore(openSqlite(":memory:").kysely);
  const server = await startTestServer({ store, env: { SOCKETIO_RATE_LIMITING: "false" } });
  onTestFinished(() => server.close());
  const names = ["ada", "grace"];
  const admins = await Promise.all(
    names.map(async (userId) => {
      const { cookie } = server.sessions.signIn({ userId, role: "admin" });
      const admin = await connectClient(server.url, { cookie, namespace: "/admin" });
      onTestFinished(() => admin.close());
      return admin;
    }),
  );
  const same = { subject: "user", id: "mallory", reason: "the same words" };
  const commands = Array.from({ length: 50 }, (_, index) =>
    index % 2 === 0 ? (["add_block", { ...same, seconds: 60 }] as const) : (["lift_block", same] as const),
  );
  const answers = await Promise.all(
    commands.flatMap(([event, payload]) => admins.map((admin) => admin.request(event, payload))),
  );
  expect(answers.every(({ ok }) => ok)).toBe(true);

  for (const admin of admins) {
    for (const userId of names) {
      const { rows, total } = await admin.request("list_security_events", { user_id: userId, limit: 500 });
      expect(total).toBe(commands.length);
      const events = rows.map(({ event }: { event: string }) => event);
      for (const event of ["add_block", "lift_block"]) {
        expect(events.filter((each: string) => each === event)).toHaveLength(commands.length / 2);
      }
    }
    await expect.poll(() => admin.received("security_event").length).toBe(2 * commands.length);
  }
});
