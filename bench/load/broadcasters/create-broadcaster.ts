import { connect } from "node:net";
import type { Target } from "../../peers/peer.ts";
import type { Broadcaster } from "./broadcaster.ts";
import { createHttpBroadcaster } from "./http.ts";
import { createNatsBroadcaster } from "./nats.ts";

export function createBroadcaster({ port, broadcasts }: Target): Promise<Broadcaster> {
  if (broadcasts.by === "http") return createHttpBroadcaster(port, broadcasts.path);
  if (broadcasts.by === "nats") return createNatsBroadcaster(port, broadcasts.subject);
  return createServerBroadcaster(broadcasts.socket);
}

/** Servers of our own make their payloads themselves: what comes from outside is one short line for each turn. */
function createServerBroadcaster(path: string): Promise<Broadcaster> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.on("error", reject);
    socket.on("connect", () =>
      resolve({
        turn: (broadcasts, bytes) => void socket.write(`${broadcasts} ${bytes}\n`),
        close: () => socket.destroy(),
      }),
    );
  });
}
