import { createRequire } from "node:module";
import type { Attributes, Span } from "@opentelemetry/api";
import { refusals } from "@signalbox/protocol";
import { Refusal } from "../core/refusal.ts";

/**
 * Runs a function inside a span, so that its calls to databases and other services join the same trace. A refusal is a
 * response, not an error, unless its category is `server`.
 */
export type Trace = <Result>(name: string, attributes: Attributes, run: () => Promise<Result>) => Promise<Result>;

/**
 * Traces through OpenTelemetry's API package if the application has it installed. The SDK decides where spans are sent;
 * until the application registers one, nothing is recorded. Undefined without the package: nothing is then traced.
 */
export function createTrace(version: string): Trace | undefined {
  let api: typeof import("@opentelemetry/api");
  try {
    // Synchronous and optional: a dynamic import would have to be awaited, a static one fails without the package.
    api = createRequire(import.meta.url)("@opentelemetry/api");
  } catch {
    return undefined;
  }
  const { trace, SpanKind, SpanStatusCode } = api;
  const tracer = trace.getTracer("@signalbox/server", version);

  function fail(span: Span, error: unknown): void {
    span.setAttribute("error.type", error instanceof Refusal ? error.code : "internal");
    if (error instanceof Refusal && refusals[error.code].category !== "server") return;
    span.setStatus({ code: SpanStatusCode.ERROR });
    if (error instanceof Error) span.recordException(error);
  }

  return (name, attributes, run) =>
    tracer.startActiveSpan(name, { kind: SpanKind.SERVER, attributes }, async (span) => {
      try {
        return await run();
      } catch (error) {
        fail(span, error);
        throw error;
      } finally {
        span.end();
      }
    });
}
