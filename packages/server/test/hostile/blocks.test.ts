/** Repeated offences lead to a timed block of the offender, and of no other client behind the same address. */
import { describe, expect } from "vitest";
import type { Attacker } from "./attacker.ts";
import { hostileCase } from "./harness.ts";

/** Requests `/admin` as a user who is not an administrator, once more than the limit allows. */
async function offend({ refusal }: Attacker, cookie: string): Promise<void> {
  for (let n = 0; n < 31; n += 1) expect((await refusal({ cookie, namespace: "/admin" })).code).toBe("forbidden");
}

describe("a user who goes on offending", () => {
  hostileCase(
    "is kept out with all sessions, told until when, and nobody else is",
    {
      records: { admin_denied: { count: 31, maxLines: 31 }, blocked: { count: 3, maxLines: 3 } },
      env: { TRUST_PROXY: "loopback" },
    },
    async (attacker) => {
      const open = await attacker.connect();
      await offend(attacker, attacker.signIn().cookie);
      const told = await open.next("error");
      expect(told).toMatchObject({ code: "blocked", category: "limit" });
      expect(told.retry_after_ms).toBeGreaterThan(55_000);
      expect(told.retry_after_ms).toBeLessThanOrEqual(60_000);
      await open.disconnected();
      // Another session, another address: the user is blocked, not the session.
      expect((await attacker.refusal({ cookie: attacker.signIn().cookie })).code).toBe("blocked");
      const elsewhere = { cookie: attacker.signIn().cookie, headers: { "X-Forwarded-For": "203.0.113.77" } };
      expect((await attacker.refusal(elsewhere)).retry_after_ms).toBeGreaterThan(0);
      await attacker.connect({ as: { userId: "neighbour" } });
    },
  );

  hostileCase(
    "is let in again at once when an administrator lifts the block, and both is written down",
    { records: { admin_denied: { count: 31, maxLines: 31 }, blocked: 1, admin_action: 1 } },
    async (attacker) => {
      const { cookie } = attacker.signIn();
      await offend(attacker, cookie);
      const admin = await attacker.connect({ as: { userId: "root", role: "admin" }, namespace: "/admin" });
      const { rows } = await admin.request("list_blocks", {});
      expect(rows).toMatchObject([{ subject: "user", id: "mallory", reason: "admin_denied", times: 1 }]);
      expect(await admin.request("lift_block", { subject: "user", id: "mallory" })).toEqual({ ok: true, lifted: true });
      await attacker.connect({ cookie });
      expect((await admin.request("list_blocks", {})).rows).toEqual([]);
    },
  );
});

describe("guests who go on offending", () => {
  const guests = { SOCKETIO_REQUIRE_AUTH: "false" };

  hostileCase(
    "are kept out with all new guests of their address, while who is in stays, and who is signed in gets in",
    {
      records: { csrf_failed: { count: 31, maxLines: 31 }, blocked: { count: 2, maxLines: 2 } },
      env: guests,
    },
    async (attacker) => {
      const guest = await attacker.connect({ auth: {} });
      const { cookie } = attacker.signIn();
      // Until the server knows the user who sends them, wrong tokens count for the address.
      for (let n = 0; n < 31; n += 1) {
        expect((await attacker.refusal({ cookie, auth: { csrf: "wrong" } })).code).toBe("csrf_invalid");
      }
      expect((await attacker.refusal({ auth: {} })).code).toBe("blocked");
      expect(await guest.request("check_connection", {})).toMatchObject({ ok: true });
      await attacker.connect({ as: { userId: "neighbour" } });
      await attacker.connect({ cookie });
    },
  );
});
