import type { IncomingMessage, ServerResponse } from "node:http";
import { Refusal } from "../core/refusal.ts";
import type { HttpEndpoint } from "../http/request-interceptor.ts";
import { rawPath } from "../http/request-url.ts";
import { bearerTokenOf, sendJson, sendRefusal } from "../http/respond.ts";
import type { Health } from "../observability/health-report.ts";
import type { Metrics } from "../observability/metrics.ts";
import { equal } from "../sessions/csrf.ts";

interface OperationRoutesOptions {
  readonly metrics: Metrics;
  readonly metricsToken: string | null;
  readonly isProduction: boolean;
  readonly health: Health;
  readonly exposeHints: boolean;
  onRefused(req: IncomingMessage, refusal: Refusal): void;
  onFault(req: IncomingMessage, error: unknown): void;
}

/** For operators and their monitoring: whether the process is alive, whether it may get traffic, and its metrics. */
export function createOperationRoutes(options: OperationRoutesOptions): HttpEndpoint {
  const routes = new Map<string, (req: IncomingMessage, res: ServerResponse) => Promise<void>>([
    ["/livez", async (_req, res) => sendJson(res, 200, { status: "ok" })],
    ["/readyz", async (_req, res) => ready(res)],
    ["/metrics", metrics],
  ]);

  return {
    owns: (url, method) => (method === "GET" || method === "HEAD") && routes.has(rawPath(url)),
    request(req, res) {
      routes
        .get(rawPath(req.url))?.(req, res)
        .catch((error: unknown) => {
          options.onFault(req, error);
          if (!res.headersSent) sendRefusal(res, new Refusal("internal"), options.exposeHints);
        });
    },
  };

  async function ready(res: ServerResponse): Promise<void> {
    const report = await options.health.report();
    const byName = report.dependencies.map(({ name, status, reason }) => [name, { status, reason }]);
    const body = { status: report.status, dependencies: Object.fromEntries(byName) };
    sendJson(res, options.health.serves(report) ? 200 : 503, body);
  }

  async function metrics(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const refusal = refusalFor(req);
    if (refusal !== undefined) {
      options.onRefused(req, refusal);
      return sendRefusal(res, refusal, options.exposeHints);
    }
    const { contentType, body } = await options.metrics.expose();
    res.writeHead(200, { "Content-Type": contentType }).end(body);
  }

  /** In production only the token grants access: a proxy on the same machine has the address of that machine. */
  function refusalFor(req: IncomingMessage): Refusal | undefined {
    const { metricsToken, isProduction } = options;
    const token = bearerTokenOf(req.headers);
    const hint = "Send SIGNALBOX_METRICS_TOKEN as `Authorization: Bearer`.";
    if (metricsToken !== null && token !== undefined) {
      return equal(token, metricsToken) ? undefined : new Refusal("session_invalid", { hint });
    }
    if (!isProduction && isLocal(req)) return undefined;
    if (metricsToken !== null) return new Refusal("session_missing", { hint });
    return new Refusal("forbidden", {
      hint: "Set SIGNALBOX_METRICS_TOKEN; without it, only loopback outside production reads the metrics.",
    });
  }
}

/** Added by proxies that forward the requests of another client. */
const forwarding = ["forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-forwarded-proto", "x-real-ip"];

/** Whether the peer itself is on this machine, and is no proxy that identifies itself. */
const isLocal = ({ headers, socket }: IncomingMessage): boolean =>
  forwarding.every((name) => headers[name] === undefined) && isLoopback(socket.remoteAddress);

const isLoopback = (address: string | undefined): boolean =>
  address !== undefined && /^(::1|(::ffff:)?127\.\d+\.\d+\.\d+)$/.test(address);
