/**
 * Queues for an exclusive lock and holds it. The browser gives it to the next in the queue the moment its holder lets
 * go, is closed or crashes: locks are the one truth about who leads and who lives, messages are not.
 * @param onHeld - called with the way to let go
 * @param onLost - the platform refused the lock, or another page stole it
 * @returns the way to let go, or to leave the queue
 */
export function holdLock(
  locks: LockManager,
  name: string,
  onHeld: (release: () => void) => void,
  onLost: (error: unknown) => void,
): () => void {
  const queue = new AbortController();
  let letGo = (): void => {};
  const release = (): void => {
    queue.abort();
    letGo();
  };
  const held = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  locks
    .request(name, { signal: queue.signal }, () => {
      // Granted in the same moment in which we left the queue.
      if (queue.signal.aborted) return undefined;
      onHeld(release);
      return held;
    })
    .catch((error: unknown) => {
      if (!queue.signal.aborted) onLost(error);
    });
  return release;
}
