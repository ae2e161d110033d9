/**
 * Refuses to start on Bun. Signalbox measures the data buffered for each client and writes several frames at once.
 * Bun's WebSockets and streams differ from Node's there: clients receive broken frames, and slow readers are not
 * detected.
 * @throws TypeError
 */
export function requireNode(): void {
  const { bun } = process.versions;
  if (bun === undefined) return;
  throw new TypeError(`Signalbox does not run on Bun (this is Bun ${bun}): start the server with Node.js.`);
}
