import { connect } from "node:net";
import { expect } from "vitest";

/** A TCP connection to the server, for incomplete requests and for several requests at once. */
export interface TcpStream {
  write(bytes: string | Buffer): void;
  /** Everything received so far. */
  text(): string;
  /** Resolves when the server has closed it; fails when that takes longer than `withinMs` (10,000). */
  closed(withinMs?: number): Promise<void>;
  /** Resets the connection, as a crashed or malicious peer does. */
  reset(): void;
  isOpen(): boolean;
}

export async function openTcp(port: number, firstBytes: string | Buffer = ""): Promise<TcpStream> {
  const socket = connect(port, "127.0.0.1");
  let text = "";
  socket.setEncoding("latin1");
  socket.on("data", (chunk: string) => {
    text += chunk;
  });
  socket.on("error", () => {});
  await new Promise((resolve, reject) => socket.once("connect", resolve).once("error", reject));
  socket.write(firstBytes);
  return {
    write: (bytes) => void socket.write(bytes),
    text: () => text,
    closed: (withinMs = 10_000) => expect.poll(() => socket.closed, { timeout: withinMs }).toBe(true),
    reset: () => void socket.resetAndDestroy(),
    isOpen: () => !socket.closed,
  };
}
