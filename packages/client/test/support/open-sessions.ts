import type { SessionSource } from "@signalbox/server";

/** Lets everybody in as whoever the cookie says, as an administrator, before and after a restart. */
export const openSessions: SessionSource = {
  credentialOf({ headers }) {
    const value = /(?:^|; )user=([^;]*)/.exec(headers.cookie ?? "")?.[1];
    return value === undefined ? undefined : { kind: "cookie", value };
  },
  resolve: async ({ value }) => ({ ref: value, userId: value, username: value, role: "admin", expiresAt: null }),
};
