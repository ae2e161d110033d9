import type { Publisher } from "../ports.ts";
import type { RealtimeServer } from "./socket.ts";

/** Speaks to rooms through Socket.IO, whose adapter is the only list of members. */
export function createIoPublisher(io: RealtimeServer): Publisher {
  return {
    publish(namespace, room, event, payload) {
      io.of(namespace).to(room).emit(event, payload);
    },
    occupied: (namespace, room) => (io.of(namespace).adapter.rooms.get(room)?.size ?? 0) > 0,
  };
}
