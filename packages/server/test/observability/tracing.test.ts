/** OpenTelemetry with its real SDK: spans of events, including the work that handlers do inside them. */
import { context, trace } from "@opentelemetry/api";
import { AsyncLocalStorageContextManager } from "@opentelemetry/context-async-hooks";
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base";
import { afterAll, beforeAll, expect, it } from "vitest";
import { z } from "zod";
import { defineNamespace, request } from "../../src/socket-io/namespaces/define-namespace.ts";
import { connectClient, startTestServer, type TestClient, type TestServer } from "../../src/testing/index.ts";

const exporter = new InMemorySpanExporter();
let server: TestServer;
let client: TestClient;

beforeAll(async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] }));
  server = await startTestServer();
  server.realtime.namespace(
    defineNamespace({
      path: "/reports",
      access: "user",
      requests: {
        build: request(z.object({ of: z.string() }), ({ of }) => {
          trace.getTracer("application").startSpan("query").end();
          if (of === "nothing") throw new Error("There is nothing.");
          return {};
        }),
      },
    }),
  );
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  client = await connectClient(server.url, { cookie, namespace: "/reports" });
});
afterAll(async () => {
  client.close();
  await server.close();
  trace.disable();
  context.disable();
});

const spansOf = (name: string) => exporter.getFinishedSpans().filter((span) => span.name === name);

it("each event has a span, with its user and the work of its handler inside it", async () => {
  await client.request("build", { of: "sales" });
  const [span] = spansOf("/reports build");
  expect(span?.attributes).toMatchObject({
    ...{ "signalbox.namespace": "/reports", "signalbox.event": "build", "user.id": "ada" },
    "signalbox.request_id": expect.any(String),
  });
  expect(spansOf("query")[0]?.parentSpanContext?.spanId).toBe(span?.spanContext().spanId);
});

it("a handler that fails marks its span as an error", async () => {
  exporter.reset();
  expect(await client.request("build", { of: "nothing" })).toMatchObject({ ok: false });
  const [span] = spansOf("/reports build");
  expect(span).toMatchObject({ status: { code: 2 }, attributes: { "error.type": "internal" } });
  expect(span?.events[0]?.name).toBe("exception");
});

it("an event that is refused before it reaches a handler has no span", async () => {
  exporter.reset();
  expect(await client.request("build", {})).toMatchObject({ ok: false, error: { code: "payload_invalid" } });
  expect(spansOf("/reports build")).toEqual([]);
});

it("session look-ups have spans, without the credential", async () => {
  exporter.reset();
  const { cookie } = server.sessions.signIn({ userId: "eve" });
  (await connectClient(server.url, { cookie })).close();
  expect(spansOf("session look-up").length).toBeGreaterThan(0);
  expect(JSON.stringify(exporter.getFinishedSpans().map(({ attributes }) => attributes))).not.toContain(
    cookie.slice(9),
  );
});
