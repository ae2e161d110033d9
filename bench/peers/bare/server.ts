/** Socket.IO as it is, with rooms and no guards. */
import { createServer } from "node:http";
import { Server } from "socket.io";
import { serve } from "../node/serve.ts";
import { Snapshots } from "../node/snapshots.ts";
import { taskIdOf } from "../payloads.ts";
import { joinTaskOn } from "./join-task.ts";

const httpServer = createServer();
const io = new Server(httpServer, { transports: ["websocket"], perMessageDeflate: false, serveClient: false });
const snapshots = new Snapshots();

io.on("connection", (socket) => {
  void socket.join("room");
  joinTaskOn(socket);
});

serve({
  httpServer,
  connections: () => io.engine.clientsCount,
  broadcast: (payload) => void io.to("room").emit("news", payload),
  tasks: {
    create: (count) => snapshots.create(count),
    update: (task, message) =>
      void io.to(`task:${taskIdOf(task)}`).emit("progress_update", snapshots.update(task, message)),
  },
});
