/** The queue that servers and workers of the workbench share. */
export const queueName = "workbench";

/** A Redis' address as BullMQ takes it. A worker waits for Redis for as long as that takes. */
export function connectionTo(redisUrl: string) {
  const { hostname, port, username, password, pathname, protocol } = new URL(redisUrl);
  return {
    ...{ host: hostname, port: Number(port || 6379), db: Number(pathname.slice(1) || 0), maxRetriesPerRequest: null },
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" && { tls: {} }),
  };
}
