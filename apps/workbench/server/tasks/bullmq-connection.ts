/** The queue that servers and workers of the workbench share. */
export const queueName = "workbench";

/** The address of a Redis server in BullMQ's form. A worker waits for Redis without a time limit. */
export function connectionTo(redisUrl: string) {
  const { hostname, port, username, password, pathname, protocol } = new URL(redisUrl);
  return {
    ...{ host: hostname, port: Number(port || 6379), db: Number(pathname.slice(1) || 0), maxRetriesPerRequest: null },
    ...(username !== "" && { username: decodeURIComponent(username) }),
    ...(password !== "" && { password: decodeURIComponent(password) }),
    ...(protocol === "rediss:" && { tls: {} }),
  };
}
