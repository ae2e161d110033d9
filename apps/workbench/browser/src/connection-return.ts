/** Tells when the server answers again after it could not be reached, with or without a socket. */

const probeMs = 2000;
const listeners = new Set<() => void>();
let probe: ReturnType<typeof setTimeout> | undefined;

/** Calls back each time the connection has returned; the answer ends that. */
export function onConnectionReturn(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A request had no answer: the server is asked until it answers anything at all. */
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
