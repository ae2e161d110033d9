/**
 * Refuses to start on Bun: its WebSockets and streams differ from Node's where Signalbox counts what waits for a client
 * and writes several frames at once, so clients get broken frames and slow readers go unnoticed.
 * @throws TypeError
 */
export function requireNode(): void {
  const { bun } = process.versions;
  if (bun === undefined) return;
  throw new TypeError(`Signalbox does not run on Bun (this is Bun ${bun}): start the server with Node.js.`);
}
