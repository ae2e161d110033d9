import type { IncomingMessage } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Accounts, clientAddressHeader } from "../accounts/accounts.ts";

/** Hands everything below /api/auth to Better Auth, which speaks the Fetch API's requests and responses. */
export function accountRoutes(
  app: FastifyInstance,
  accounts: Accounts,
  baseUrl: string,
  clientAddress: (req: IncomingMessage) => string,
): void {
  // Better Auth reads the body itself.
  app.register((scope, _options, done) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", { parseAs: "buffer" }, (_request, body, parsed) => parsed(null, body));
    scope.route({ method: ["GET", "POST"], url: "/api/auth/*", handler: answer });
    done();
  });

  async function answer(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const response = await accounts.handler(toFetch(request));
    reply.code(response.status);
    for (const [name, value] of response.headers) if (name !== "set-cookie") reply.header(name, value);
    // Several cookies may be set at once; joined into one line they would be none.
    for (const cookie of response.headers.getSetCookie()) reply.header("set-cookie", cookie);
    return reply.send(Buffer.from(await response.arrayBuffer()));
  }

  function toFetch(request: FastifyRequest): Request {
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers)) {
      if (value !== undefined) headers.set(name, String(value));
    }
    headers.set(clientAddressHeader, clientAddress(request.raw));
    const body = request.body as Buffer | undefined;
    return new Request(new URL(request.url, baseUrl), {
      method: request.method,
      headers,
      ...(body !== undefined && { body: new Uint8Array(body) }),
    });
  }
}
