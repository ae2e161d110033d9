/** A server on dependencies of which one was changed: it does not start where a guard would fail open. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { members } from "../../../src/socket-io/internals/members.ts";
import { supportedVersions } from "../../../src/socket-io/internals/supported-versions.ts";

const program = fileURLToPath(new URL("doctored-main.ts", import.meta.url));
const run = async (...args: string[]) => {
  const node = ["--conditions=@signalbox/source", "--experimental-strip-types", "--no-warnings", program, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, node);
  return JSON.parse(stdout) as { refused?: string; warned?: string[]; received?: unknown[] };
};

/** How each member is removed: the file, the original text, and its replacement. */
const doctored: Record<string, readonly [file: string, text: string, replacement: string]> = {
  "Server.clients": ["engine.io/build/server.js", "this.clients = {}", "this.clients = new Map()"],
  "Server.prepare() keeps req._query": ["engine.io/build/server.js", "if (!req._query) {", "{"],
  "Server.ws.options": ["engine.io/build/server.js", "new this.opts.wsEngine(", "new ws_1.Server("],
  'Socket emits "packet"': ["engine.io/build/socket.js", 'this.emit("packet", packet)', "void 0"],
  'Socket emits "message"': ["engine.io/build/socket.js", 'this.emit("message", packet.data)', "void 0"],
  'Socket emits "packetCreate"': ["engine.io/build/socket.js", 'this.emit("packetCreate", packet)', "void 0"],
  "Socket.writeBuffer": ["engine.io/build/socket.js", "writeBuffer", "waitingPackets"],
  "Socket.request": ["engine.io/build/socket.js", "this.request = req", "this.req = req"],
  "polling: Transport.req": ["engine.io/build/transports/polling.js", "this.req", "this.getRequest"],
  "polling: Transport.dataReq": ["engine.io/build/transports/polling.js", "this.dataReq", "this.postRequest"],
  "Transport.onClose()": ["engine.io/build/transport.js", 'this.emit("close")', 'this.emit("closed")'],
  "websocket: Transport.socket": ["engine.io/build/transports/websocket.js", "this.socket", "this.ws"],
  "Server.middlewares": ["engine.io/build/server.js", "this.middlewares", "this.uses"],
  wsPreEncodedFrame: ["engine.io/build/transports/websocket.js", "wsPreEncodedFrame", "framesAreReady"],
  "Server._nsps": ["socket.io/dist/index.js", "this._nsps", "this.namespaces"],
  "Client.nsps": ["socket.io/dist/client.js", "this.nsps", "this.bySpace"],
  "Socket.fns": ["socket.io/dist/socket.js", "this.fns", "this.middlewares"],
  "Socket._cleanup()": ["socket.io/dist/socket.js", "_cleanup", "_forget"],
  "Adapter.encoder": ["socket.io-adapter/dist/in-memory-adapter.js", "this.encoder", "this.enc"],
  "Adapter.apply()": ["socket.io-adapter/dist/in-memory-adapter.js", "apply(", "forEach_("],
  "ClusterAdapter.publishAndReturnOffset()": [
    "socket.io-adapter/dist/cluster-adapter.js",
    "publishAndReturnOffset",
    "publishNow",
  ],
  "ClusterAdapter.onMessage()": ["socket.io-adapter/dist/cluster-adapter.js", "onMessage(", "take_("],
  "WebSocket.pong() answers pings": ["ws/lib/websocket.js", "websocket.pong(", "websocket.answer("],
};

describe("a server refuses to start, or warns, on dependencies without", () => {
  it.each(members.map((member) => [member.name, member] as const))("%s", { timeout: 120_000 }, async (name, member) => {
    const change = doctored[name];
    if (change === undefined) throw new Error("There is no way to take this member away.");
    const { refused, warned, received } = await run(...change);
    const versions = expect.stringContaining(`versions ${supportedVersions[member.of]}`);
    if (member.for === "guard") {
      expect(refused).toMatch(/^Signalbox does not start: /);
      expect(refused).toEqual(versions);
      return;
    }
    expect(refused).toBeUndefined();
    expect(warned).toEqual([expect.stringContaining(`has no "${name}"`)]);
    expect(warned).toEqual([versions]);
    expect(received).toEqual([{ all: true }, { all: true }]);
  });
});

it("with nothing changed, the server starts without a warning", { timeout: 120_000 }, async () => {
  const unchanged = ["engine.io/build/server.js", "this.clients = {}", "this.clients = {}"];
  expect(await run(...unchanged)).toEqual({ warned: [], received: [{ all: true }, { all: true }] });
});
