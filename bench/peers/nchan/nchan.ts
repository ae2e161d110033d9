import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { findProgram, isThere, startForeign } from "../foreign.ts";
import type { Peer } from "../peer.ts";

/** Where Debian has it. */
const nchanModule = "/usr/lib/nginx/modules/ngx_nchan_module.so";

/** nchan in nginx: one worker, subscribers over WebSocket, messages published by POST. */
export const nchan: Peer = {
  name: "nchan",
  workloads: ["W1", "W2"],

  async unavailable() {
    if ((await findProgram("nginx")) === undefined) return "nginx is not installed (Debian: nginx)";
    return (await isThere(nchanModule)) ? null : "nginx has no nchan (Debian: libnginx-mod-nchan)";
  },

  async start(launch) {
    const configuration = join(launch.directory, "nginx.conf");
    await writeFile(configuration, configure(launch.port));
    const path = (await findProgram("nginx")) ?? "nginx";
    const { pid, stop } = await startForeign(launch, path, [
      "-p",
      launch.directory,
      "-c",
      configuration,
      "-e",
      "stderr",
    ]);
    return {
      pids: [pid, ...(await workersOf(pid))],
      target: {
        port: launch.port,
        wire: "ws",
        path: "/subscribe",
        secured: false,
        broadcasts: { by: "http", path: "/publish" },
      },
      stop,
    };
  },
};

/** The master opens the port before it has a worker. */
async function workersOf(master: number): Promise<number[]> {
  for (;;) {
    const children = await readFile(`/proc/${master}/task/${master}/children`, "utf8");
    const pids = children.split(" ").filter((pid) => pid.trim() !== "");
    if (pids.length > 0) return pids.map(Number);
    await sleep(10);
  }
}

/** Messages go to the clients that are connected, and are not kept: as a broadcast of Socket.IO. */
const configure = (port: number): string => `
load_module ${nchanModule};
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
error_log stderr error;
pid nginx.pid;
events {
  worker_connections 8192;
}
http {
  access_log off;
  client_body_temp_path body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;
  keepalive_requests 100000000;
  keepalive_timeout 1h;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location = /subscribe {
      nchan_subscriber websocket;
      nchan_channel_id room;
      nchan_subscriber_first_message newest;
    }
    location = /publish {
      nchan_publisher http;
      nchan_channel_id room;
      nchan_store_messages off;
    }
  }
}
`;
