/** Hostile cases of the lists that administrators read: no filter, cursor or limit reveals the data behind it. */
import { expect } from "vitest";
import { createSqlStore, openSqlite, type SignalboxTables } from "../../src/store/sql.ts";
import { transports } from "../../src/testing/index.ts";
import { hostileCase } from "./harness.ts";

const injections = ["' OR 1=1 --", "'; DROP TABLE security_events; --", "%", "(a+)+$", "\\", "\u0000"];

/** A cursor in the server's format: its content reaches the query. */
const cursorOf = (text: string) => Buffer.from(JSON.stringify([text, text])).toString("base64url");

for (const transport of transports) {
  hostileCase(
    "a cursor or limit that is none is refused, and no answer tells of SQL or a stack",
    {
      records: { payload_invalid: 6 },
      over: [transport],
      // Each run has its own database: with a shared one, both runs would write to the same log.
      store: await createSqlStore(openSqlite<SignalboxTables>(":memory:").kysely),
    },
    async (attack) => {
      const admin = await attack.connect({ as: { userId: "root", role: "admin" }, namespace: "/admin" });
      for (const limit of [0, -1, 1e9, 1.5, "10"]) {
        const answer = await admin.request("list_security_events", { limit });
        expect(answer, String(limit)).toMatchObject({ ok: false, error: { code: "payload_invalid" } });
      }
      const endless = await admin.request("list_security_events", { limit: 10, after: "9".repeat(400) });
      expect(endless).toMatchObject({ ok: false, error: { code: "payload_invalid" } });
      for (const after of [...injections, ...injections.map(cursorOf)]) {
        const answer = await admin.request("list_security_events", { limit: 10, after });
        expect(JSON.stringify(answer)).not.toMatch(/sqlite|select |syntax|\.ts:\d|\bat .*\(/i);
        expect(answer.error?.code).not.toBe("internal");
      }
      expect(await admin.request("list_security_events", { limit: 10 })).toMatchObject({ ok: true });
    },
  );
}
