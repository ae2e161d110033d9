/** Detects when the server responds again after it was unreachable, with or without a socket. */

const probeMs = 2000;
const listeners = new Set<() => void>();
let probe: ReturnType<typeof setTimeout> | undefined;

/** Calls the listener each time the connection has returned. Returns an unsubscribe function. */
export function onConnectionReturn(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Call this when a request got no response: probes the server until it responds at all. */
export function connectionLost(): void {
  if (probe !== undefined) return;
  probe = setTimeout(() => void ask(), probeMs);
  window.addEventListener("online", ask);
}

export function connectionReturned(): void {
  clearTimeout(probe);
  probe = undefined;
  window.removeEventListener("online", ask);
  for (const listener of [...listeners]) listener();
}

async function ask(): Promise<void> {
  clearTimeout(probe);
  try {
    await fetch("/livez", { cache: "no-store" });
    connectionReturned();
  } catch {
    probe = setTimeout(() => void ask(), probeMs);
  }
}
