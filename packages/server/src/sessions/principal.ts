import type { Principal, Session } from "../core/ports.ts";

/** The principal of a valid session. */
export const principalOf = ({ ref, userId, username, role, expiresAt }: Session): Principal => ({
  userId,
  username,
  role,
  session: { ref, expiresAt },
});

/** The principal of a visitor without a session, where SOCKETIO_REQUIRE_AUTH is false. Each socket is its own guest. */
export const guestPrincipal = (socketId: string): Principal => ({
  userId: `guest:${socketId}`,
  username: "Guest",
  role: "guest",
  session: null,
});

/** The principal after its session has ended: its in-flight requests have the rights of a guest. */
export const withoutRights = (principal: Principal): Principal => ({ ...principal, role: "guest" });
