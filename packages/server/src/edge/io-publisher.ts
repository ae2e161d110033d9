import type { Publisher } from "../ports.ts";
import type { RealtimeServer } from "./socket.ts";

/** Speaks to rooms through Socket.IO, whose adapter is the only list of members. */
export function createIoPublisher(io: RealtimeServer): Publisher {
  return {
    publish(namespace, room, event, payload, except) {
      const members = io.of(namespace).to(room);
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
