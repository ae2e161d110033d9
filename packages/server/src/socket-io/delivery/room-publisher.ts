import type { Publisher } from "../../core/ports.ts";
import type { RealtimeServer } from "../socket.ts";

/**
 * Publishes to rooms of this node through Socket.IO, whose adapter is the only list of members. Other nodes have feeds
 * of their own.
 */
export function createRoomPublisher(io: RealtimeServer): Publisher {
  return {
    publish(namespace, room, event, payload, except) {
      const members = io.of(namespace).local.to(room);
      (except === undefined ? members : members.except(except)).emit(event, payload);
    },
    occupied(namespace, room, except) {
      const { rooms } = io.of(namespace).adapter;
      const members = rooms.get(room);
      if (members === undefined || members.size === 0) return false;
      const excepted = except === undefined ? undefined : rooms.get(except);
      return excepted === undefined || [...members].some((id) => !excepted.has(id));
    },
  };
}
