/** The errors of createRealtime when JavaScript passes a wrong argument. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import fastify from "fastify";
import { expect, it, onTestFinished } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { createRealtime } from "../../src/create-realtime.ts";
import { createTestSessions } from "../../src/testing/index.ts";

const loaded = loadConfig({ NODE_ENV: "test", SOCKETIO_LOG_LEVEL: "silent" });
const { config } = loaded;
const sound = () => ({ httpServer: createServer(), config, sessions: createTestSessions() });

it.each([
  ["no options", () => undefined, "createRealtime needs an object with `httpServer`, `config` and `sessions`."],
  ["no server", () => ({ ...sound(), httpServer: undefined }), "it was given undefined."],
  ["an Express application", () => ({ ...sound(), httpServer: express() }), "an application, such as Express makes"],
  ["a Fastify application", () => ({ ...sound(), httpServer: fastify() }), "hand over its `server`."],
  ["a port", () => ({ ...sound(), httpServer: 3000 }), "it was given number."],
  ["no config", () => ({ ...sound(), config: undefined }), "`const { config } = loadConfig(process.env)`."],
  ["all that loadConfig returns", () => ({ ...sound(), config: loaded }), "it was given all that loadConfig returns."],
  ["a config of its own", () => ({ ...sound(), config: { path: "/x" } }), "an object that loadConfig has not made."],
  ["no sessions", () => ({ ...sound(), sessions: undefined }), "see docs/sessions.md."],
  [
    "a middleware as sessions",
    () => ({ ...sound(), sessions: () => {} }),
    "the functions `credentialOf` and `resolve`.",
  ],
  [
    "a store that was not waited for",
    () => ({ ...sound(), store: Promise.resolve() }),
    "`store` of createRealtime is a promise",
  ],
  [
    "half a store",
    () => ({ ...sound(), store: { ping() {}, tasks: {} } }),
    "lacks securityEvents, notifications, blocks, close.",
  ],
  [
    "half a logger",
    () => ({ ...sound(), logger: { info() {}, error() {} } }),
    "`logger` of createRealtime lacks debug, warn.",
  ],
  ["a cluster of its own", () => ({ ...sound(), cluster: {} }), "lacks createAdapter, tell, on, close."],
  ["a function as tasks", () => ({ ...sound(), tasks: () => {} }), "`tasks` of createRealtime lacks cancel."],
  [
    "a list as roomAccess",
    () => ({ ...sound(), roomAccess: ["news"] }),
    "`roomAccess` of createRealtime must be a function",
  ],
  ["a list with nothing as sessions", () => ({ ...sound(), sessions: [null] }), "`credentialOf` and `resolve`."],
])("%s is refused with a sentence", (_what, options, sentence) => {
  const create = () => createRealtime(options() as never);
  expect(create).toThrow(TypeError);
  expect(create).toThrow(sentence);
});

async function listening(): Promise<{ httpServer: Server; url: string }> {
  const httpServer = createServer((_req, res) => res.end("application"));
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => void httpServer.close());
  return { httpServer, url: `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}` };
}

it("a second createRealtime on one server is refused while the first is open, and works after it was closed", async () => {
  const { httpServer, url } = await listening();
  const first = createRealtime({ ...sound(), httpServer });
  expect(() => createRealtime({ ...sound(), httpServer })).toThrow("has a real-time layer already");
  expect((await fetch(`${url}/realtime/reachable`)).status).toBe(204);
  await first.close();
  expect((await fetch(`${url}/realtime/reachable`)).status).toBe(200);
  const second = createRealtime({ ...sound(), httpServer });
  onTestFinished(() => second.close());
  expect((await fetch(`${url}/realtime/reachable`)).status).toBe(204);
});

it.each([
  ["a promise", async () => () => {}],
  ["a promise that is rejected", () => Promise.reject(new Error("no channel"))],
  ["an object", () => ({})],
])("%s from `watch` of a session source is refused with a sentence", (_what, watch) => {
  const sessions = { ...createTestSessions(), watch: watch as never };
  expect(() => createRealtime({ ...sound(), sessions })).toThrow("`watch` of a session source must return a function");
});

it("a call that was refused leaves the server as it was", async () => {
  const { httpServer, url } = await listening();
  expect(() => createRealtime({ httpServer, config } as never)).toThrow("`sessions`");
  const realtime = createRealtime({ ...sound(), httpServer });
  onTestFinished(() => realtime.close());
  expect((await fetch(`${url}/realtime/reachable`)).status).toBe(204);
});
