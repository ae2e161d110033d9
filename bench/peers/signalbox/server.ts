/** Signalbox as an application runs it in production: every guard on, every setting at its default. */
import { createServer } from "node:http";
import { createRealtime, loadConfig } from "@signalbox/server";
import { serve, serverParams } from "../node/serve.ts";
import { newTaskOf } from "../node/snapshots.ts";
import { taskIdOf } from "../payloads.ts";
import { origin } from "../users.ts";
import { createBenchSessions } from "./sessions.ts";

const httpServer = createServer();
const { config } = loadConfig({
  NODE_ENV: "production",
  HOST: "127.0.0.1",
  PORT: String(serverParams().port),
  SIGNALBOX_SECRET: "the same in every run, so that tokens outlive a restart",
  SOCKETIO_CORS_ORIGINS: origin,
});
const realtime = createRealtime({ httpServer, config, sessions: createBenchSessions() });
const done: number[] = [];

serve({
  httpServer,
  connections: () => realtime.io.engine.clientsCount,
  // Everybody on `/` is in this room.
  broadcast: (payload) => void realtime.io.to("user_general").emit("news", payload),
  tasks: {
    async create(count) {
      for (let task = 0; task < count; task += 1) {
        if (realtime.progress.peek(taskIdOf(task)) !== undefined) continue;
        await realtime.progress.create(newTaskOf(task));
        await realtime.progress.report(taskIdOf(task), { status: "running", percent: 0, current: 0 });
      }
    },
    update(task, message) {
      const current = (done[task] ?? 0) + 1;
      done[task] = current;
      // An update that fails ends the process: figures without it would be wrong.
      void realtime.progress.report(taskIdOf(task), { current, message });
    },
  },
});
