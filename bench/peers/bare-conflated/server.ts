/** Socket.IO as it is, and what an application would do first about a storm: the latest state, ten times a second. */
import { createServer } from "node:http";
import type { TaskSnapshot } from "@signalbox/protocol";
import { Server } from "socket.io";
import { joinTaskOn } from "../bare/join-task.ts";
import { serve } from "../node/serve.ts";
import { Snapshots } from "../node/snapshots.ts";

const flushMs = 100;

const httpServer = createServer();
const io = new Server(httpServer, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
const snapshots = new Snapshots();
const latest = new Map<number, TaskSnapshot>();

io.on("connection", joinTaskOn);

setInterval(() => {
  for (const snapshot of latest.values()) io.to(`task:${snapshot.task_id}`).emit("progress_update", snapshot);
  latest.clear();
}, flushMs);

serve({
  httpServer,
  connections: () => io.engine.clientsCount,
  broadcast: (payload) => void io.emit("news", payload),
  tasks: {
    create: (count) => snapshots.create(count),
    update: (task, message) => void latest.set(task, snapshots.update(task, message)),
  },
});
