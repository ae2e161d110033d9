import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** The line between one client and the server: it can be cut, and it can hold everything back for a while. */
export interface BadLine {
  readonly url: string;
  /** Resets all connections. True when there were any. */
  cut(): boolean;
  /** Uses another node from now on; with a port, only if that node was in use. */
  moveOn(port?: number): void;
  /** Nothing passes until `thaw`; both ends believe that the line is open. */
  freeze(): void;
  /** What was held back arrives. */
  thaw(): void;
  /** Resets all connections and each new one, until `restore`: as without a network. */
  lose(): void;
  restore(): void;
  close(): Promise<void>;
}

/** @param serverPorts - several are nodes of one application: as behind a load balancer, one that answers is kept to */
export async function startBadLine(
  serverPorts: number | readonly number[],
  serverHost = "127.0.0.1",
): Promise<BadLine> {
  const ports = [serverPorts].flat();
  const sockets = new Set<Socket>();
  let frozen = false;
  let gone = false;
  let stuckTo = 0;

  const listener = createServer({ allowHalfOpen: true }, (near) => {
    if (gone) return void near.resetAndDestroy();
    // Also while the way to the server is still being found it can be cut.
    sockets.add(near);
    near.on("close", () => sockets.delete(near));
    near.on("error", () => {});
    reach(near, 0);
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));

  /** Goes on with the node that answered last, as a client that is stuck to one does. */
  function reach(near: Socket, tried: number): void {
    const index = (stuckTo + tried) % ports.length;
    const far = connect({ port: ports[index] as number, host: serverHost, allowHalfOpen: true });
    const next = (): void => {
      if (tried + 1 === ports.length) near.destroy();
      else reach(near, tried + 1);
    };
    far.once("error", next);
    far.once("connect", () => {
      far.off("error", next);
      stuckTo = index;
      if (near.destroyed) return void far.destroy();
      join(near, far);
      join(far, near);
    });
  }

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
    moveOn(port) {
      if (port === undefined || ports[stuckTo] === port) stuckTo = (stuckTo + 1) % ports.length;
    },
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
