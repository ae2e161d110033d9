/**
 * A server, clients, sessions and a clock for tests of applications that use Signalbox, as its own tests use them.
 * How to extend: `startTestServer` takes every option of `createRealtime` (a store, tasks, room access) and any
 * environment variable; an application's own namespaces are opened on `server.realtime`.
 * Needs socket.io-client as a development dependency.
 */
export { createFakeClock } from "./fake-clock.ts";
export * from "./own-time.ts";
export * from "./raw-http.ts";
export * from "./test-client.ts";
export * from "./test-server.ts";
export * from "./test-sessions.ts";
