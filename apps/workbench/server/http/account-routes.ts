import type { IncomingMessage } from "node:http";
import type { Log } from "@signalbox/server";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { type Accounts, clientAddressHeader } from "../accounts/accounts.ts";
import type { Devices } from "../accounts/devices.ts";

/** Where somebody has signed in when they are answered well. */
const entrances: ReadonlySet<string> = new Set(["/api/auth/sign-in/email", "/api/auth/sign-up/email"]);

interface AccountRouteOptions {
  readonly accounts: Accounts;
  readonly devices: Devices;
  readonly baseUrl: string;
  readonly log: Log;
  clientAddress(req: IncomingMessage): string;
}

/** Hands everything below /api/auth to Better Auth, which speaks the Fetch API's requests and responses. */
export function accountRoutes(app: FastifyInstance, options: AccountRouteOptions): void {
  const { accounts, baseUrl, clientAddress, devices, log } = options;

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
    const body = Buffer.from(await response.arrayBuffer());
    if (response.ok && entrances.has(request.url)) await remember(request, reply, body);
    return reply.send(body);
  }

  /** Whoever has signed in is in, whatever becomes of what is remembered of it. */
  async function remember(request: FastifyRequest, reply: FastifyReply, body: Buffer): Promise<void> {
    try {
      const { user } = JSON.parse(body.toString()) as { user: { id: string } };
      const { setCookie } = await devices.signedIn(user.id, request.headers.cookie);
      if (setCookie !== undefined) reply.header("set-cookie", setCookie);
    } catch (error) {
      log.error({ err: error }, "A device could not be remembered.");
    }
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
