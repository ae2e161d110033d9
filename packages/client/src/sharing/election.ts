/**
 * Queues for an exclusive lock and holds it. The browser grants it to the next in the queue as soon as the holder
 * releases it, closes or crashes. Locks, not messages, are the single source of truth about which tab leads and which
 * tabs live.
 * @param onHeld - called with a function that releases the lock
 * @param onLost - the platform refused the lock, or another page stole it
 * @returns a function that releases the lock, or leaves the queue
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
      // The lock was granted just as this tab left the queue.
      if (queue.signal.aborted) return undefined;
      onHeld(release);
      return held;
    })
    .catch((error: unknown) => {
      if (!queue.signal.aborted) onLost(error);
    });
  return release;
}
