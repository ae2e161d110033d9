import type { Realtime } from "@signalbox/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { Accounts } from "../accounts/accounts.ts";
import { clientAddressHeader } from "../accounts/client-address-header.ts";

/** Maximum bytes of a body: the longest regular one is a sign-up of about a kilobyte. */
const bodyLimit = 16_384;

/** Characters of the User-Agent header that are stored with a session. */
const maxUserAgent = 512;

interface AccountRoutesOptions {
  readonly accounts: Accounts;
  readonly baseUrl: string;
  readonly realtime: Pick<Realtime, "clientAddress" | "recordSecurityEvent">;
}

/** Passes everything below /api/auth to Better Auth, which uses the Fetch API's requests and responses. */
export function accountRoutes(app: FastifyInstance, { accounts, baseUrl, realtime }: AccountRoutesOptions): void {
  // Better Auth reads the body itself.
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, parsed) => parsed(null, body));
    scope.route({ method: ["GET", "POST"], url: "/api/auth/*", bodyLimit, handler: answer });
    done();
  });

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const ip = realtime.clientAddress(request.raw);
    const response = await accounts.handler(toFetch(request, ip));
    // Better Auth's own rate limit, which its hooks do not see.
    if (response.headers.has("x-retry-after")) {
      const detail = "Too many requests to the account routes.";
      realtime.recordSecurityEvent({ type: "rate_limited", ip, code: "rate_limited", detail });
    }
    reply.code(response.status);
    for (const [name, value] of response.headers) if (name !== "set-cookie") reply.header(name, value);
    // Several cookies may be set at once; joined into one line they would be invalid.
    for (const cookie of response.headers.getSetCookie()) reply.header("set-cookie", cookie);
    return reply.send(Buffer.from(await response.arrayBuffer()));
  }

  function toFetch(request: FastifyRequest, ip: string): Request {
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers.set(name, String(value));
    }
    headers.set(clientAddressHeader, ip);
    headers.set("user-agent", (request.headers["user-agent"] ?? "").slice(0, maxUserAgent));
    const body = request.body as Buffer | undefined;
    return new Request(new URL(request.url, baseUrl), {
      method: request.method,
      headers,
      ...(body !== undefined && { body: new Uint8Array(body) }),
    });
  }
}
