import { type IncomingMessage, request as plainRequest, type RequestOptions } from "node:http";
import { request as secureRequest } from "node:https";
import type { RefusalMessage } from "@signalbox/protocol";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly tookMs: number;
  /** By which address of ours, and which of the server's. */
  readonly localAddress: string | undefined;
  readonly remoteAddress: string | undefined;
}

interface Question {
  readonly method?: string;
  /** Below the address that was given; with a slash in front from the root of the host. */
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** The way to the server: every question on a connection of its own, as a load balancer may send each to another node. */
export interface Door {
  /** @throws Error with the system's `code` when there is no answer */
  ask(question: Question): Promise<Answer>;
  /** Cookies that were set on the way, such as those of sticky sessions, beside the one that was given. */
  cookie(): string | undefined;
}

interface DoorOptions {
  readonly url: URL;
  readonly origin: string;
  readonly cookie: string | undefined;
  readonly token: string | undefined;
  readonly ca: string | undefined;
  readonly timeoutMs: number;
}

/** More than any answer of ours; what is longer is somebody else's page. */
const maxBodyBytes = 100_000;

export function createDoor({ url, origin, cookie, token, ca, timeoutMs }: DoorOptions): Door {
  const request = url.protocol === "https:" ? secureRequest : plainRequest;
  const jar = new Map<string, string>();

  function cookieHeader(): string | undefined {
    const all = [cookie, ...[...jar].map(([name, value]) => `${name}=${value}`)].filter((each) => each !== undefined);
    return all.length === 0 ? undefined : all.join("; ");
  }

  /** Only that a browser would send it back: how long, and to where else, does not matter here. */
  function keepCookies(lines: readonly string[] = []): void {
    for (const line of lines) {
      const [, name, value] = /^([^=;]+)=([^;]*)/.exec(line) ?? [];
      if (name !== undefined && value !== undefined) jar.set(name, value);
    }
  }

  function ask({ method = "GET", path, headers = {}, body }: Question): Promise<Answer> {
    const sent = cookieHeader();
    const options: RequestOptions & { ca?: string } = {
      ...{ method, agent: false, timeout: timeoutMs },
      headers: {
        origin,
        ...(sent !== undefined && { cookie: sent }),
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
        ...(body !== undefined && {
          "content-type": "text/plain;charset=UTF-8",
          "content-length": Buffer.byteLength(body),
        }),
        ...headers,
      },
      ...(ca !== undefined && { ca }),
    };
    return new Promise((resolve, reject) => {
      const startedAt = performance.now();
      const req = request(new URL(path, url), options);

      function finish(res: IncomingMessage, text: string): void {
        keepCookies(res.headers["set-cookie"]);
        resolve({
          ...{ status: res.statusCode ?? 0, headers: res.headers, body: text },
          tookMs: performance.now() - startedAt,
          localAddress: req.socket?.localAddress,
          remoteAddress: req.socket?.remoteAddress,
        });
        req.destroy();
      }

      req.on("timeout", () =>
        req.destroy(Object.assign(new Error(`No answer within ${timeoutMs} ms.`), { code: "ETIMEDOUT" })),
      );
      req.on("error", reject);
      req.on("upgrade", (res, socket) => {
        finish(res, "");
        socket.destroy();
      });
      req.on("response", (res) => {
        let text = "";
        res.setEncoding("utf8");
        res.on("data", (chunk: string) => {
          text += chunk;
          if (text.length > maxBodyBytes) finish(res, text);
        });
        res.on("end", () => finish(res, text));
        res.on("error", reject);
      });
      req.end(body);
    });
  }

  return { ask, cookie: cookieHeader };
}

/** The body as JSON; undefined when it is none. */
export function jsonOf({ body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The server's own refusal, where the answer is one. */
export function refusalOf(answer: Answer): RefusalMessage | undefined {
  const { error } = (jsonOf(answer) ?? {}) as { error?: RefusalMessage };
  return typeof error?.code === "string" && typeof error.message === "string" ? error : undefined;
}
