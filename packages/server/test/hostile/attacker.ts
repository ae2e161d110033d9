import type { RefusalMessage, Role } from "@signalbox/protocol";
import {
  connectClient,
  fetchClientConfig,
  type RawHeaders,
  type RawResponse,
  rawRequest,
  refusalOf,
  sendRaw,
  type TestClient,
  type TestClientOptions,
  type TestServer,
  type TestSession,
  type Transport,
  upgradeHeaders,
} from "../../src/testing/index.ts";
import type { RawConnection } from "./raw-connection.ts";
import { openRawPolling } from "./raw-polling.ts";
import { openRaw, openSid, pollingPath } from "./raw-socket.ts";
import { openTcp, type TcpStream } from "./tcp.ts";

interface Visitor {
  userId?: string;
  role?: Role;
  expiresAt?: number;
}

/** The tools of an attacker. Everything that they open is closed when the attack is over. */
export interface Attacker {
  readonly server: TestServer;
  /** The transport that this run of the case uses. */
  readonly transport: Transport;
  /** A session, by default of the user `mallory`. */
  signIn(visitor?: Visitor): TestSession;
  csrfOf(cookie: string): Promise<string>;
  /** An ordinary client, signed in as `visitor` unless it brings a cookie or an `auth` of its own. */
  connect(options?: TestClientOptions & { as?: Visitor }): Promise<TestClient>;
  /** Connects an ordinary client that is refused, and returns the refusal. */
  refusal(options?: TestClientOptions): Promise<RefusalMessage>;
  /** A connection that the test drives frame by frame; it has sent no CONNECT yet. */
  open(headers?: Record<string, string>): Promise<RawConnection>;
  /** The same, connected to a namespace with this cookie, by default mallory's. */
  enter(cookie?: string, namespace?: string): Promise<RawConnection>;
  /** The CONNECT packet for a namespace with this cookie. */
  connectPacket(cookie: string, namespace?: string): Promise<string>;
  /** A polling connection that no client polls. */
  openSid(headers?: Record<string, string>): Promise<string>;
  /** Requests a new connection, by a polling GET or an upgrade, with exactly these headers; `query` is added. */
  knock(headers: RawHeaders, query?: string): Promise<RawResponse>;
  /** Sends one HTTP request on its own connection, with exactly these headers. */
  send(method: string, target: string, headers?: RawHeaders, body?: string): Promise<RawResponse>;
  tcp(firstBytes?: string | Buffer): Promise<TcpStream>;
  /** Marks this text as a secret: it must not appear in any log. */
  hide(secret: string): void;
}

export interface Attack extends Attacker {
  readonly secrets: ReadonlySet<string>;
  leave(): void;
}

/** Prepares an attack. `leave` closes everything that the attack has opened. */
export function prepareAttack(server: TestServer, transport: Transport): Attack {
  const secrets = new Set<string>();
  const departures: (() => void)[] = [];

  function signIn({ userId = "mallory", ...rest }: Visitor = {}): TestSession {
    const session = server.sessions.signIn({ userId, ...rest });
    hide(session.cookie.slice(session.cookie.indexOf("=") + 1));
    return session;
  }

  async function csrfOf(cookie: string): Promise<string> {
    const { csrf = "" } = await fetchClientConfig(server.url, { cookie });
    return hide(csrf);
  }

  function hide(secret: string): string {
    if (secret !== "") secrets.add(secret);
    return secret;
  }

  async function connectPacket(cookie: string, namespace = "/"): Promise<string> {
    const prefix = namespace === "/" ? "" : `${namespace},`;
    return `40${prefix}${JSON.stringify({ csrf: await csrfOf(cookie) })}`;
  }

  async function open(headers: Record<string, string> = {}): Promise<RawConnection> {
    const raw = await (transport === "polling" ? openRawPolling : openRaw)(server, headers);
    departures.push(() => raw.terminate());
    if ("sid" in raw) hide(raw.sid as string);
    return raw;
  }

  /**
   * Closes a polling connection that no client polls at the end of the attack; otherwise it would last until its
   * heartbeat fails.
   */
  function leaveLater(sid: string, headers: RawHeaders): void {
    hide(sid);
    const hasOrigin = headers.some(([name]) => name.toLowerCase() === "origin");
    const origin: RawHeaders = hasOrigin ? [] : [["Origin", server.url]];
    const all: RawHeaders = [["Connection", "close"], ["Content-Type", "text/plain"], ...origin, ...headers];
    departures.push(() => {
      sendRaw(server.port, rawRequest("POST", pollingPath(sid), all, "1")).catch(() => {});
    });
  }

  return {
    ...{ server, transport, secrets, signIn, csrfOf, hide, connectPacket, open },
    async connect({ as, ...options } = {}) {
      const needsSession = options.cookie === undefined && options.auth === undefined;
      const cookie = needsSession ? signIn(as).cookie : options.cookie;
      const auth = options.auth ?? (cookie === undefined ? {} : { csrf: await csrfOf(cookie) });
      const client = await connectClient(server.url, { transport, ...options, ...(cookie && { cookie }), auth });
      departures.push(() => client.close());
      return client;
    },
    refusal: (options) => refusalOf(server.url, { transport, ...options }),
    async enter(cookie = signIn().cookie, namespace = "/") {
      const raw = await open({ Cookie: cookie });
      const packet = await connectPacket(cookie, namespace);
      raw.send(packet);
      const [prefix = ""] = packet.split("{");
      await raw.next((frame) => frame.startsWith(prefix));
      return raw;
    },
    async openSid(headers = {}) {
      const sid = await openSid(server, headers);
      leaveLater(sid, Object.entries(headers));
      return sid;
    },
    async knock(headers, query = "") {
      const target = `/socket.io/?EIO=4&transport=${transport}${query}`;
      const way: RawHeaders = transport === "polling" ? [["Connection", "close"]] : upgradeHeaders;
      const answer = await sendRaw(server.port, rawRequest("GET", target, [...way, ...headers]));
      const sid = answer.status === 200 ? /"sid":"([^"]+)"/.exec(answer.body)?.[1] : undefined;
      if (sid !== undefined) leaveLater(sid, headers);
      return answer;
    },
    send: (method, target, headers = [], body = "") =>
      sendRaw(server.port, rawRequest(method, target, [["Connection", "close"], ...headers], body)),
    async tcp(firstBytes) {
      const stream = await openTcp(server.port, firstBytes);
      departures.push(() => stream.reset());
      return stream;
    },
    leave() {
      for (const depart of departures.splice(0)) depart();
    },
  };
}
