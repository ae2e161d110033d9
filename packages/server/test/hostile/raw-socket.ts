import { expect, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { fetchClientConfig, rawRequest, sendRaw, type TestServer } from "../../src/testing/index.ts";
import type { RawConnection } from "./raw-connection.ts";

/** A raw WebSocket that speaks Engine.IO. */
export interface RawSocket extends RawConnection {
  readonly socket: WebSocket;
}

export async function openRaw(
  server: TestServer,
  headers: Record<string, string> = {},
  query = "",
): Promise<RawSocket> {
  const url = `${server.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket${query}`;
  const socket = new WebSocket(url, { headers: { Origin: server.url, ...headers } });
  const frames: string[] = [];
  socket.on("error", () => {});
  socket.on("message", (data) => {
    const frame = String(data);
    frames.push(frame);
    if (frame === "2") socket.send("3");
  });
  onTestFinished(() => socket.terminate());
  await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
  return {
    socket,
    frames,
    send(...all) {
      for (const frame of all) socket.send(frame);
    },
    async next(matches) {
      await expect.poll(() => frames.some(matches)).toBe(true);
      return frames.find(matches) ?? "";
    },
    isOpen: () => socket.readyState === WebSocket.OPEN,
    terminate: () => socket.terminate(),
  };
}

/** The CONNECT packet of a signed-in user. */
export async function connectPacket(server: TestServer, cookie: string, namespace = ""): Promise<string> {
  const { csrf } = await fetchClientConfig(server.url, { cookie });
  return `40${namespace}${JSON.stringify({ csrf })}`;
}

const polling = "/socket.io/?EIO=4&transport=polling";

/** Opens a raw polling connection and returns its sid. */
export async function openSid(server: TestServer, headers: Record<string, string> = {}, query = ""): Promise<string> {
  const all = Object.entries({ Origin: server.url, Connection: "close", ...headers });
  const { body } = await sendRaw(server.port, rawRequest("GET", `${polling}${query}`, all));
  return JSON.parse(body.slice(body.indexOf("{"), body.indexOf("}") + 1)).sid;
}

/** The path of a request that continues a polling connection. */
export const pollingPath = (sid: string): string => `${polling}&sid=${sid}`;
