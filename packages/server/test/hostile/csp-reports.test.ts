/**
 * The server records what browsers report about a Content Security Policy. Any client can send a report, so a report
 * proves nothing.
 */
import { describe, expect } from "vitest";
import type { Attacker } from "./attacker.ts";
import { hostileCase } from "./harness.ts";

const path = "/realtime/csp-report";
const report = (fields: object): string => JSON.stringify({ "csp-report": fields });
const send = ({ send }: Attacker, body: string) =>
  send("POST", path, [["Content-Type", "application/csp-report"]], body);

const over = ["polling"] as const;

describe("a report of a policy's violation", () => {
  hostileCase(
    "becomes one line of the security log, without the queries of its addresses, and its control characters escaped",
    { records: { csp_violation: 3 }, over },
    async (attacker) => {
      attacker.hide("s3cret-in-a-query");
      const fields = {
        "document-uri": "https://app.test/tasks?token=s3cret-in-a-query",
        "blocked-uri": "https://evil.test/a.js?token=s3cret-in-a-query#x",
        "effective-directive": "script-src-elem",
      };
      expect((await send(attacker, report(fields))).status).toBe(204);
      expect((await send(attacker, report({ ...fields, "blocked-uri": "inline\r\n\u001b[31m<b>" }))).status).toBe(204);
      expect((await send(attacker, report({ ...fields, "document-uri": 7 }))).status).toBe(204);
    },
  );

  hostileCase(
    "that is none is refused: no JSON, another shape, too large",
    { records: { payload_invalid: { count: 4, maxLines: 4 }, payload_too_large: { count: 1, maxLines: 1 } }, over },
    async (attacker) => {
      for (const body of ["{", "null", "[]", report({ "effective-directive": {} })]) {
        expect((await send(attacker, body)).status).toBe(400);
      }
      expect((await send(attacker, report({ "effective-directive": "x".repeat(17_000) }))).status).toBe(413);
      expect((await attacker.send("GET", path)).status).toBe(405);
    },
  );

  hostileCase(
    "is limited by address, and a flood of them is one line",
    { records: { csp_violation: 30, rate_limited: { count: 10, maxLines: 1 } }, over },
    async (attacker) => {
      const statuses: number[] = [];
      for (let n = 0; n < 40; n += 1)
        statuses.push((await send(attacker, report({ "effective-directive": "img-src" }))).status);
      expect(statuses.filter((status) => status === 204)).toHaveLength(30);
      expect(statuses.slice(30)).toEqual(Array(10).fill(429));
    },
  );
});
