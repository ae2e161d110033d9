import { connect } from "node:net";

/** A TCP connection that sends bytes as they are. */
export interface Wire {
  send(bytes: Buffer): void;
  /** Ends this side, and waits until the other has ended too; false when it did not within `withinMs`. */
  finish(withinMs: number): Promise<boolean>;
  /** Resolves when both sides have ended, however that came. */
  readonly closed: Promise<void>;
  isClosed(): boolean;
  destroy(): void;
}

export function openWire(port: number, onData: (chunk: Buffer) => void): Wire {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let over = false;
  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      over = true;
      resolve();
    });
  });
  socket.on("data", onData);
  // A server that cuts a client off does so in the middle of what the client sends.
  socket.on("error", () => {});
  return {
    closed,
    isClosed: () => over,
    send: (bytes) => void socket.write(bytes),
    async finish(withinMs) {
      socket.end();
      return (
        (await within(
          closed.then(() => true),
          withinMs,
        )) ?? false
      );
    },
    destroy: () => void socket.destroy(),
  };
}

/** What a promise resolves with, or undefined when it takes longer. */
export async function within<Value>(promise: Promise<Value>, ms: number): Promise<Value | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
