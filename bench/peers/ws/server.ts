/** `ws` alone: a set of members and one `send` for each. */
import { createServer } from "node:http";
import { type WebSocket, WebSocketServer } from "ws";
import { serve } from "../node/serve.ts";

const httpServer = createServer();
const members = new Set<WebSocket>();

new WebSocketServer({ server: httpServer, perMessageDeflate: false }).on("connection", (socket) => {
  members.add(socket);
  socket.on("close", () => members.delete(socket));
});

serve({
  httpServer,
  connections: () => members.size,
  broadcast(payload) {
    const text = JSON.stringify(payload);
    for (const member of members) member.send(text);
  },
});
