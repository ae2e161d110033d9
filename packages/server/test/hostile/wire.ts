import { expect, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { fetchClientConfig, type TestServer, type Transport } from "../../src/testing/index.ts";

/** A connection that speaks Engine.IO by hand, on either transport: what no client library would send can be sent. */
export interface Wire {
  /** Engine.IO packets received so far. */
  readonly packets: readonly string[];
  /** The session's cookie, with which it was opened. */
  readonly cookie: string;
  /** Sends packets in one burst: frames of a WebSocket, or one polling body. */
  send(...packets: readonly (string | Buffer)[]): void;
  /** The first packet received, or yet to come, that begins like this. */
  next(start: string): Promise<string>;
  isOpen(): boolean;
  /** The code with which the server closed a WebSocket; undefined while it is open, and for polling. */
  closeCode(): number | undefined;
  close(): void;
}

/** The character between the packets of a polling body (Engine.IO protocol 4). */
const separator = "\x1e";

type RawWire = Pick<Wire, "send" | "isOpen" | "closeCode" | "close">;
type Receive = (packet: string) => void;

/** Opens a connection as somebody, and joins a namespace unless that is null; `query` is put behind the URL's own. */
export async function openWire(
  server: TestServer,
  transport: Transport,
  cookie: string,
  namespace: string | null = "/",
  query = "",
): Promise<Wire> {
  const packets: string[] = [];
  const open = transport === "websocket" ? openWebSocket : openPolling;
  const raw = await open(server, query, { Origin: server.url, Cookie: cookie }, (packet) => packets.push(packet));
  onTestFinished(raw.close);
  const wire: Wire = {
    ...raw,
    packets,
    cookie,
    async next(start) {
      await expect.poll(() => packets.find((packet) => packet.startsWith(start))).toBeDefined();
      return packets.find((packet) => packet.startsWith(start)) ?? "";
    },
  };
  if (namespace === null) return wire;
  const { csrf } = await fetchClientConfig(server.url, { cookie });
  const prefix = namespace === "/" ? "" : `${namespace},`;
  wire.send(`40${prefix}${JSON.stringify({ csrf })}`);
  await wire.next(`42${prefix}["connection_established"`);
  return wire;
}

async function openWebSocket(
  server: TestServer,
  query: string,
  headers: Record<string, string>,
  receive: Receive,
): Promise<RawWire> {
  const url = `${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket${query}`;
  const socket = new WebSocket(url, { headers });
  let closeCode: number | undefined;
  socket.on("error", () => {});
  socket.on("message", (data) => receive(String(data)));
  socket.on("close", (code) => {
    closeCode = code;
  });
  await new Promise((resolve) => socket.once("open", resolve));
  return {
    send(...packets) {
      for (const packet of packets) socket.send(packet);
    },
    isOpen: () => socket.readyState === WebSocket.OPEN,
    closeCode: () => closeCode,
    close: () => socket.terminate(),
  };
}

async function openPolling(
  server: TestServer,
  query: string,
  headers: Record<string, string>,
  receive: Receive,
): Promise<RawWire> {
  const url = `${server.url}/socket.io/?EIO=4&transport=polling${query}`;
  const opened = await (await fetch(url, { headers })).text();
  const sid = `${url}&sid=${JSON.parse(opened.slice(1)).sid}`;
  const { signal, abort } = stopping();
  let isOpen = true;
  void poll().catch(() => {});
  return {
    send(...packets) {
      const body = packets.map((packet) => (typeof packet === "string" ? packet : `b${packet.toString("base64")}`));
      // A closed connection answers 400: what becomes of it is seen by `isOpen`.
      void fetch(sid, { method: "POST", headers, body: body.join(separator), signal }).catch(() => {});
    },
    isOpen: () => isOpen,
    closeCode: () => undefined,
    close: abort,
  };

  async function poll(): Promise<void> {
    while (isOpen) {
      const response = await fetch(sid, { headers, signal });
      const packets = response.ok ? (await response.text()).split(separator) : ["1"];
      for (const packet of packets) receive(packet);
      if (packets.includes("1")) isOpen = false;
    }
  }
}

function stopping(): { signal: AbortSignal; abort(): void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}
