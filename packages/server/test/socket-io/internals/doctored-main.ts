/**
 * Starts a server on dependencies of which one was changed: `node doctored-main.ts <file> <text> <replacement>`. Prints
 * one line of JSON: why it did not start, or what it warned of and what a client then received.
 */
import { createRequire } from "node:module";

const [, , file = "", text = "", replacement = ""] = process.argv;
const require = createRequire(import.meta.url);
const { Module } = require("node:module");
const compile = Module.prototype._compile;
let changed = 0;
Module.prototype._compile = function (content: string, filename: string, ...rest: unknown[]) {
  const isMeant = filename.endsWith(file) && content.includes(text);
  if (isMeant) changed += 1;
  return compile.call(this, isMeant ? content.replaceAll(text, replacement) : content, filename, ...rest);
};
for (const name of ["engine.io", "socket.io", "socket.io-adapter", "ws"]) require(name);
if (changed !== 1) throw new Error(`${file} does not contain ${text}.`);

const { connectClient, startTestServer } = await import("../../../src/testing/index.ts");
try {
  const server = await startTestServer();
  const { cookie } = server.sessions.signIn({ userId: "ada" });
  const clients = [
    await connectClient(server.url, { cookie, transport: "websocket" }),
    await connectClient(server.url, { cookie, transport: "polling" }),
  ];
  server.realtime.legacy.emit("hello", { all: true });
  const received = await Promise.all(clients.map((client) => client.next("hello")));
  const warned = server.logged.filter(({ level }) => level === "warn").map(({ message }) => message);
  process.stdout.write(JSON.stringify({ warned, received }));
} catch (error) {
  process.stdout.write(JSON.stringify({ refused: (error as Error).message }));
}
process.exit();
