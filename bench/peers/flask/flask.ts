import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { isThere, startForeign } from "../foreign.ts";
import type { Peer } from "../peer.ts";

/** Debian's, whatever other Python is in the PATH: its packages belong to it. */
const python = "/usr/bin/python3";

const server = join(import.meta.dirname, "server.py");

/** Flask-SocketIO on eventlet, with the packages of Debian. */
export const flask: Peer = {
  name: "flask",
  workloads: ["W1", "W2"],

  async unavailable() {
    if (!(await isThere(python))) return "there is no /usr/bin/python3 (Debian: python3)";
    return promisify(execFile)(python, ["-c", "import flask_socketio, eventlet"]).then(
      () => null,
      () => "Flask-SocketIO or eventlet is not installed (Debian: python3-flask-socketio, python3-eventlet)",
    );
  },

  async start(launch) {
    const socket = join(launch.directory, "flask.sock");
    const { pid, stop } = await startForeign(launch, python, [server, String(launch.port), socket]);
    return {
      pids: [pid],
      target: {
        port: launch.port,
        wire: "socket.io",
        path: "/socket.io/?EIO=4&transport=websocket",
        secured: false,
        broadcasts: { by: "server", socket },
      },
      stop,
    };
  },
};
