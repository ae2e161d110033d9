/** Signalbox with its default settings, and the same application as the bare target has. */
import { userRoom } from "@signalbox/protocol";
import { fetchClientConfig, startTestServer } from "@signalbox/server/testing";
import { createTurnMeter, inTurns, serveCommands, troubledStore } from "./target-protocol.ts";

const server = await startTestServer({
  async roomAccess(roomId) {
    if (roomId === "faulty") throw new Error("The rule of the application failed.");
    return true;
  },
});
const { sessions, realtime, url } = server;
const { resolve } = sessions;
sessions.resolve = async (credential) => {
  const session = await resolve(credential);
  if (typeof session === "object") await troubledStore(session.userId);
  return session;
};
const { io } = realtime;
const home = io.of("/");
const longestTurnMs = createTurnMeter();

serveCommands(server.port, {
  async signIn(userId, role) {
    const { cookie } = sessions.signIn({ userId, role });
    // A client whose session cannot be looked up gets no token either, and is refused before it would be asked for one.
    if (userId === "hangs" || userId === "throws") return { cookie, auth: { accepts: [] } };
    const { csrf = "" } = await fetchClientConfig(url, { cookie });
    return { cookie, auth: { csrf } };
  },
  signOut: (userId) => sessions.end({ userId }, "signed_out"),
  setRole: (userId, role) => sessions.setRole(userId, role),
  note: (namespace, userId, text, count) =>
    inTurns(count, () => {
      const room = io.of(namespace);
      for (const socket of room.sockets.values()) {
        if (socket.data.principal.userId === userId) room.to(socket.id).emit("note" as never, text as never);
      }
    }),
  facts(userId) {
    const sockets = [...home.sockets.values()].filter(({ rooms }) => rooms.has(userRoom(userId)));
    return {
      sockets: sockets.length,
      rooms: sockets.reduce((sum, { rooms }) => sum + rooms.size, 0),
      waiting: sockets.reduce(
        (sum, { conn }) => sum + (conn as unknown as { writeBuffer: unknown[] }).writeBuffer.length,
        0,
      ),
      undecided: (home as unknown as { _preConnectSockets: Map<string, unknown> })._preConnectSockets.size,
      logLines: server.logged.length,
      longestTurnMs: longestTurnMs(),
    };
  },
});
