import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { findProgram, startForeign } from "../foreign.ts";
import type { Peer } from "../peer.ts";

const program = "nats-server";

/** nats-server with its WebSocket listener. Clients and publisher speak the NATS protocol in WebSocket frames. */
export const nats: Peer = {
  name: "nats",
  workloads: ["W1", "W2"],

  async unavailable() {
    return (await findProgram(program)) === undefined ? "nats-server is not installed (Debian: nats-server)" : null;
  },

  async start(launch) {
    const configuration = join(launch.directory, "nats.conf");
    await writeFile(configuration, configure(launch.port));
    const path = (await findProgram(program)) ?? program;
    const { pid, stop } = await startForeign(launch, path, ["--config", configuration]);
    return {
      pids: [pid],
      target: {
        port: launch.port,
        wire: "nats",
        path: "/",
        secured: false,
        broadcasts: { by: "nats", subject: "news" },
      },
      stop,
    };
  },
};

/** It insists on a port for plain clients; -1 takes any that is free. */
const configure = (port: number): string => `
listen: "127.0.0.1:-1"
websocket {
  listen: "127.0.0.1:${port}"
  no_tls: true
  compression: false
}
`;
