import { connect } from "node:net";
import { monotonicUs, payloadOf } from "../../peers/payloads.ts";
import { clientFrame } from "../frame-reader.ts";
import { upgradeRequest } from "../handshake.ts";
import type { Broadcaster } from "./broadcaster.ts";

/** One PUB for each broadcast, those of a turn in one frame, over a connection of the publisher's own. */
export function createNatsBroadcaster(port: number, subject: string): Promise<Broadcaster> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: "127.0.0.1", noDelay: true });
    socket.on("error", reject);
    socket.on("connect", () => socket.write(upgradeRequest(port, "/", 0)));
    socket.once("data", () => {
      socket.resume();
      socket.write(clientFrame('CONNECT {"verbose":false,"pedantic":false,"protocol":1}\r\n'));
      resolve({
        turn(broadcasts, bytes) {
          const body = JSON.stringify(payloadOf(bytes, monotonicUs()));
          socket.write(clientFrame(`PUB ${subject} ${Buffer.byteLength(body)}\r\n${body}\r\n`.repeat(broadcasts)));
        },
        close: () => socket.destroy(),
      });
    });
  });
}
