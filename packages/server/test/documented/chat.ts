/** A namespace that an application defines: quoted in docs/migrating-from-socket.io.md. */
// #region chat
import { defineNamespace, type Realtime, Refusal, request } from "@signalbox/server";
import { z } from "zod";

export function openChat(realtime: Realtime): void {
  const chat = realtime.namespace(
    defineNamespace({
      path: "/chat",
      access: "user",
      requests: {
        enter: request(z.object({ room: z.string().max(50) }), async ({ room }, { join }) => {
          await join(room);
          return { room };
        }),
        say: request(
          z.object({ room: z.string(), text: z.string().min(1).max(500) }),
          ({ room, text }, { rooms, principal }) => {
            if (!rooms.has(room)) throw new Refusal("room_forbidden");
            chat.to(room).emit("said", { by: principal.username, text });
            return {};
          },
        ),
      },
    }),
  );
}
// #endregion
