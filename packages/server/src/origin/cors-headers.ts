/** What our own routes read. */
const own = ["authorization", "content-type", "x-csrf-token"];

/** What tracing SDKs add to requests of the page by themselves: W3C Trace Context, Sentry, Datadog, B3 (Zipkin). */
const tracing = [
  ...["traceparent", "tracestate", "baggage", "sentry-trace"],
  ...["x-datadog-origin", "x-datadog-parent-id", "x-datadog-sampling-priority", "x-datadog-tags", "x-datadog-trace-id"],
  ...["b3", "x-b3-flags", "x-b3-parentspanid", "x-b3-sampled", "x-b3-spanid", "x-b3-traceid"],
];

/** The value of Access-Control-Allow-Headers. Browsers compare names without case (Fetch Standard section 4.9). */
export const allowedHeaders = (more: readonly string[]): string =>
  [...new Set([...own, ...tracing, ...more.map((name) => name.toLowerCase())])].join(", ");
