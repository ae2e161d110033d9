/** The request headers that Signalbox's own routes read. */
const own = ["authorization", "content-type", "x-csrf-token"];

/**
 * The headers that tracing SDKs add to a page's requests automatically: W3C Trace Context, Sentry, Datadog, B3
 * (Zipkin), and vendor formats: New Relic, Elastic, Application Insights, Jaeger, X-Ray, Google Cloud.
 */
const tracing = [
  ...["traceparent", "tracestate", "baggage", "sentry-trace"],
  ...["x-datadog-origin", "x-datadog-parent-id", "x-datadog-sampling-priority", "x-datadog-tags", "x-datadog-trace-id"],
  ...["b3", "x-b3-flags", "x-b3-parentspanid", "x-b3-sampled", "x-b3-spanid", "x-b3-traceid"],
  ...["newrelic", "elastic-apm-traceparent", "request-id", "request-context", "uber-trace-id"],
  ...["x-amzn-trace-id", "x-cloud-trace-context"],
];

/** The value of Access-Control-Allow-Headers. Browsers compare names without case (Fetch Standard section 4.9). */
export const allowedHeaders = (more: readonly string[]): string =>
  [...new Set([...own, ...tracing, ...more.map((name) => name.toLowerCase())])].join(", ");
