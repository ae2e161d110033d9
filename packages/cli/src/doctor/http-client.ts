import { type IncomingMessage, request as plainRequest, type RequestOptions } from "node:http";
import { request as secureRequest } from "node:https";
import type { RefusalMessage } from "@signalbox/protocol";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
  readonly tookMs: number;
  /** The local address of the connection, and the server's. */
  readonly localAddress: string | undefined;
  readonly remoteAddress: string | undefined;
}

interface Question {
  readonly method?: string;
  /** Relative to the given address; with a leading slash, relative to the root of the host. */
  readonly path: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/**
 * An HTTP client for the checks. Each request uses its own connection, as a load balancer may send each to another
 * node.
 */
export interface HttpClient {
  /** @throws Error with the system's `code` when no response arrives */
  ask(question: Question): Promise<Answer>;
  /** The given cookie and those set by responses, such as the cookies of sticky sessions. */
  cookie(): string | undefined;
}

interface HttpClientOptions {
  readonly url: URL;
  readonly origin: string;
  readonly cookie: string | undefined;
  readonly token: string | undefined;
  readonly ca: string | undefined;
  readonly timeoutMs: number;
}

/** Larger than any response of Signalbox; anything longer is a page of other software. */
const maxBodyBytes = 100_000;

export function createHttpClient({ url, origin, cookie, token, ca, timeoutMs }: HttpClientOptions): HttpClient {
  const request = url.protocol === "https:" ? secureRequest : plainRequest;
  const jar = new Map<string, string>();

  function cookieHeader(): string | undefined {
    const all = [cookie, ...[...jar].map(([name, value]) => `${name}=${value}`)].filter((each) => each !== undefined);
    return all.length === 0 ? undefined : all.join("; ");
  }

  /** Keeps only names and values, as a browser would send them back: expiry and scope do not matter here. */
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

/** The body as JSON; undefined when it is not JSON. */
export function jsonOf({ body }: Answer): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

/** The server's refusal, if the response contains one. */
export function refusalOf(answer: Answer): RefusalMessage | undefined {
  const { error } = (jsonOf(answer) ?? {}) as { error?: RefusalMessage };
  return typeof error?.code === "string" && typeof error.message === "string" ? error : undefined;
}
