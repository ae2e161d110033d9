/** What lies between a browser and a server: everything that networks do to a connection, on demand. */
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A request as the browser sent it. */
export interface SeenRequest {
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  readonly target: string;
  readonly upgrade: boolean;
}

/**
 * What becomes of a request. `cut`: its connection ends. `hang`: nothing is ever said. `strip_upgrade`: passed on
 * without the headers that ask for a WebSocket. `answer`: these bytes are the answer, and the server hears nothing.
 */
export type Verdict = "pass" | "cut" | "hang" | "strip_upgrade" | { readonly answer: string };

export interface TcpProxy {
  readonly port: number;
  readonly url: string;
  /** Every request that arrived, whatever became of it. */
  readonly seen: readonly SeenRequest[];
  /** Decides about each request that begins from now on. */
  judge: (request: SeenRequest) => Verdict;
  /** How long everything that passes is held back, in either direction. */
  delayMs: number;
  /** Ends all connections. */
  cutAll(): void;
  /** Makes all present connections half-open: both ends believe in them, and nothing gets through. */
  swallow(): void;
  close(): Promise<void>;
}

export const pass = (): Verdict => "pass";

interface Link {
  readonly browser: Socket;
  server: Socket | undefined;
  upgraded: boolean;
  swallowed: boolean;
}

/** @param serverPort - asked at each connection: a server may come back elsewhere, or not be there */
export async function startTcpProxy(serverPort: () => number): Promise<TcpProxy> {
  const links = new Set<Link>();
  const seen: SeenRequest[] = [];
  const listener = createServer((browser) => accept(browser));
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;

  const proxy: TcpProxy = {
    port,
    url: `http://127.0.0.1:${port}`,
    seen,
    judge: pass,
    delayMs: 0,
    cutAll() {
      for (const { browser, server } of links) {
        browser.destroy();
        server?.destroy();
      }
    },
    swallow() {
      for (const link of links) link.swallowed = true;
    },
    close() {
      proxy.cutAll();
      return new Promise((resolve) => listener.close(() => resolve()));
    },
  };
  return proxy;

  function accept(browser: Socket): void {
    const link: Link = { browser, server: undefined, upgraded: false, swallowed: false };
    links.add(link);
    browser.on("data", (chunk: Buffer) => {
      if (!link.swallowed) fromBrowser(link, chunk);
    });
    browser.on("error", () => {});
    browser.on("close", () => {
      links.delete(link);
      if (!link.swallowed) link.server?.destroy();
    });
  }

  function fromBrowser(link: Link, chunk: Buffer): void {
    const request = link.upgraded ? undefined : parseHead(chunk);
    if (request === undefined) return toServer(link, chunk);
    seen.push(request);
    const verdict = proxy.judge(request);
    if (verdict === "cut") return void link.browser.destroy();
    if (verdict === "hang") {
      link.swallowed = true;
      return;
    }
    if (typeof verdict === "object") return void link.browser.end(verdict.answer);
    if (verdict === "strip_upgrade") return toServer(link, withoutUpgrade(chunk));
    link.upgraded = request.upgrade;
    toServer(link, chunk);
  }

  function toServer(link: Link, chunk: Buffer): void {
    link.server ??= dial(link);
    const { server } = link;
    delayed(() => {
      if (!link.swallowed && !server.destroyed) server.write(chunk);
    });
  }

  function dial(link: Link): Socket {
    const { browser } = link;
    const server = connect(serverPort(), "127.0.0.1");
    server.on("data", (chunk: Buffer) => {
      delayed(() => {
        if (!link.swallowed && !browser.destroyed) browser.write(chunk);
      });
    });
    server.on("error", () => {});
    server.on("close", () => {
      delayed(() => {
        if (!link.swallowed) browser.destroySoon();
      });
    });
    return server;
  }

  function delayed(run: () => void): void {
    if (proxy.delayMs === 0) run();
    else setTimeout(run, proxy.delayMs);
  }
}

/** Browsers send a request's head in one piece, and the next one when the last is answered. */
function parseHead(chunk: Buffer): SeenRequest | undefined {
  const text = chunk.toString("latin1");
  const [, method, target] = /^([A-Z]+) (\S+) HTTP\/1\.1\r\n/.exec(text) ?? [];
  if (method === undefined || target === undefined) return undefined;
  return { at: Date.now(), method, target, upgrade: /\r\nupgrade: websocket\r\n/i.test(text) };
}

function withoutUpgrade(chunk: Buffer): Buffer {
  const text = chunk.toString("latin1");
  return Buffer.from(text.replaceAll(/\r\n(?:upgrade|connection): [^\r]*/gi, ""), "latin1");
}

/** Bytes of a whole answer, after which the connection ends. */
export function httpAnswer(status: string, headers: Readonly<Record<string, string>>, body = ""): string {
  const all = { ...headers, "Content-Length": String(Buffer.byteLength(body)), Connection: "close" };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status}`, ...lines, "", body].join("\r\n");
}
