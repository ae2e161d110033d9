import { createRequire } from "node:module";
import type { Attributes, Span } from "@opentelemetry/api";
import { refusals } from "@signalbox/protocol";
import { Refusal } from "../core/refusal.ts";

/**
 * Runs something inside a span, so that what it asks of databases and other services becomes part of the same trace.
 * A refusal is an answer, not an error, unless the server is to blame for it.
 */
export type Trace = <Result>(name: string, attributes: Attributes, run: () => Promise<Result>) => Promise<Result>;

/**
 * Traces through OpenTelemetry's API package when the application has one installed; its SDK decides where spans go,
 * and does nothing until the application registers one. Undefined without the package: nothing is then measured.
 */
export function createTrace(version: string): Trace | undefined {
  let api: typeof import("@opentelemetry/api");
  try {
    // Synchronous, and optional: an import would have to be awaited, or would fail without the package.
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
