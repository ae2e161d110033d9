import { connect } from "node:net";
import { monotonicUs, payloadOf } from "../../peers/payloads.ts";
import type { Broadcaster } from "./broadcaster.ts";

/** One POST for each broadcast, over one connection and without waiting for answers, which are read and dropped. */
export function createHttpBroadcaster(port: number, path: string): Promise<Broadcaster> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("error", reject);
    socket.resume();
    socket.on("connect", () =>
      resolve({
        turn(broadcasts, bytes) {
          const body = JSON.stringify(payloadOf(bytes, monotonicUs()));
          const head = `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n`;
          socket.write((head + body).repeat(broadcasts));
        },
        close: () => socket.destroy(),
      }),
    );
  });
}
