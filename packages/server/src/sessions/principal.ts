import type { Principal, Session } from "../core/ports.ts";

/** Who a valid session speaks for. */
export const principalOf = ({ ref, userId, username, role, expiresAt }: Session): Principal => ({
  userId,
  username,
  role,
  session: { ref, expiresAt },
});

/** A visitor without a session, where SOCKETIO_REQUIRE_AUTH is false. Each connection is a guest of its own. */
export const guestPrincipal = (socketId: string): Principal => ({
  userId: `guest:${socketId}`,
  username: "Guest",
  role: "guest",
  session: null,
});

/** A principal whose session has ended: what it still has under way is judged as a guest's. */
export const withoutRights = (principal: Principal): Principal => ({ ...principal, role: "guest" });
