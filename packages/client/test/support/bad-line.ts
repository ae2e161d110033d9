import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** The line between one client and the server: it can be cut, and it can hold everything back for a while. */
export interface BadLine {
  readonly url: string;
  /** Resets all connections. True when there were any. */
  cut(): boolean;
  /** Nothing passes until `thaw`; both ends believe that the line is open. */
  freeze(): void;
  /** What was held back arrives. */
  thaw(): void;
  /** Resets all connections and each new one, until `restore`: as without a network. */
  lose(): void;
  restore(): void;
  close(): Promise<void>;
}

export async function startBadLine(serverPort: number, serverHost = "127.0.0.1"): Promise<BadLine> {
  const sockets = new Set<Socket>();
  let frozen = false;
  let gone = false;

  const listener = createServer({ allowHalfOpen: true }, (near) => {
    if (gone) return void near.resetAndDestroy();
    const far = connect({ port: serverPort, host: serverHost, allowHalfOpen: true });
    join(near, far);
    join(far, near);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));

  function join(from: Socket, to: Socket): void {
    sockets.add(from);
    if (frozen) from.pause();
    from.on("data", (chunk) => {
      if (!to.write(chunk)) from.pause();
    });
    from.on("drain", () => {
      if (!frozen) to.resume();
    });
    from.on("end", () => to.end());
    from.on("error", () => to.destroy());
    from.on("close", () => {
      sockets.delete(from);
      to.destroySoon();
    });
  }

  function cut(): boolean {
    const any = sockets.size > 0;
    for (const socket of sockets) socket.resetAndDestroy();
    return any;
  }

  return {
    url: `http://127.0.0.1:${(listener.address() as AddressInfo).port}`,
    cut,
    freeze() {
      frozen = true;
      for (const socket of sockets) socket.pause();
    },
    thaw() {
      frozen = false;
      for (const socket of sockets) socket.resume();
    },
    lose() {
      gone = true;
      cut();
    },
    restore() {
      gone = false;
    },
    close() {
      cut();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
}
