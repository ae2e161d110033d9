import type { RealtimeServer } from "../socket.ts";

/**
 * Refuses `instrument(io)` of `@socket.io/admin-ui`. It would join Signalbox's `/admin`, where its commands do nothing,
 * and show cookies of every user to all administrators. This property is the first that it sets on the server.
 */
export function refuseAdminUi(io: RealtimeServer): void {
  Object.defineProperty(io, "_eventBuffer", {
    set() {
      throw new TypeError(
        "instrument(io) of @socket.io/admin-ui does not go with Signalbox: it would show the headers of every connection, cookies among them, on /admin. Remove it; list_connections and the other events of /admin take its place.",
      );
    },
  });
}
