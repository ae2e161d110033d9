import type { IncomingMessage, ServerResponse } from "node:http";
import { cutText } from "../core/cut-text.ts";
import type { Clock } from "../core/ports.ts";
import { Refusal, toRefusal } from "../core/refusal.ts";
import { addressBucket } from "../http/client-address.ts";
import { readBody } from "../http/read-body.ts";
import { refuseMethod, sendRefusal } from "../http/respond.ts";
import { createWindowLimit } from "../limits/window-limit.ts";
import type { SecurityRecord } from "../security-log/describe-event.ts";

/** Longer than any report of a browser. */
const maxBytes = 16_384;

/** Reports that one address may send in a minute: a page with many violations sends one for each. */
const perMinute = 30;

interface CspReportsOptions {
  readonly clock: Pick<Clock, "monotonic">;
  readonly exposeHints: boolean;
  clientAddress(req: IncomingMessage): string;
  requestId(req: IncomingMessage): string;
  record(violation: SecurityRecord): void;
  onRefused(req: IncomingMessage, refusal: Refusal): void;
  onFault(req: IncomingMessage, error: unknown): void;
}

/**
 * Accepts the reports that browsers send for `report-uri` (Content Security Policy Level 3, section 5.3). Browsers send
 * them without user interaction, also from pages that may not connect, so the route checks neither origin nor session.
 * A report proves nothing, and is only recorded. A flood of reports is limited by address and folded like every other
 * event.
 */
export function createCspReports(options: CspReportsOptions): (req: IncomingMessage, res: ServerResponse) => void {
  const { clock, exposeHints } = options;
  const takeOne = createWindowLimit({ points: perMinute, seconds: 60, settings: "Reports of one address", clock });

  function refuse(req: IncomingMessage, res: ServerResponse, error: unknown): void {
    const refusal = toRefusal(error, () => options.onFault(req, error));
    options.onRefused(req, refusal);
    sendRefusal(res, refusal, exposeHints);
  }

  async function take(req: IncomingMessage, res: ServerResponse): Promise<void> {
    try {
      const ip = options.clientAddress(req);
      takeOne(addressBucket(ip));
      const { directive, blocked, page } = violationIn(await readBody(req, maxBytes));
      const detail = `A page was kept from what its Content Security Policy forbids: ${directive} of ${blocked}, on ${page}.`;
      options.record({ type: "csp_violation", ip, code: directive, detail, requestId: options.requestId(req) });
      res.writeHead(204).end();
    } catch (error) {
      refuse(req, res, error);
    }
  }

  return (req, res) => {
    if (req.method !== "POST") return refuseMethod(res, "POST", options.onRefused);
    void take(req, res);
  };
}

function violationIn(body: string): { directive: string; blocked: string; page: string } {
  const report = reportIn(body);
  const text = (name: string): string => (typeof report?.[name] === "string" ? report[name] : "");
  const directive = text("effective-directive") || text("violated-directive");
  if (directive === "")
    throw new Refusal("payload_invalid", { hint: "The body is no report of a policy's violation." });
  return {
    directive: cutText(directive, 64),
    blocked: withoutQuery(text("blocked-uri")),
    page: withoutQuery(text("document-uri")),
  };
}

function reportIn(body: string): Record<string, unknown> | undefined {
  try {
    const { "csp-report": report } = JSON.parse(body) as { "csp-report"?: Record<string, unknown> };
    return report;
  } catch {
    return undefined;
  }
}

/**
 * Addresses carry secrets in their queries: the rest says where the violation was. `inline` and `eval` are no
 * addresses.
 */
const withoutQuery = (address: string): string =>
  cutText(address.split(/[?#]/, 1)[0] ?? "", 200) || "something unnamed";
