import { fetchClientConfig, type TestServer, type Transport } from "../../src/testing/index.ts";
import type { RawConnection } from "./raw-connection.ts";
import { openRawPolling } from "./raw-polling.ts";
import { openRaw } from "./raw-socket.ts";

/** A raw connection whose frames are found by their first characters. */
export interface Wire extends Pick<RawConnection, "frames" | "send" | "isOpen" | "terminate"> {
  /** The first frame, already received or still to come, that begins with this text. */
  next(start: string): Promise<string>;
}

/**
 * Opens a raw connection with this cookie, and joins a namespace unless that is null; `query` is appended to the URL's
 * own.
 */
export async function openWire(
  server: TestServer,
  transport: Transport,
  cookie: string,
  namespace: string | null = "/",
  query = "",
): Promise<Wire> {
  const open = transport === "websocket" ? openRaw : openRawPolling;
  const raw = await open(server, { Cookie: cookie }, query);
  const wire: Wire = { ...raw, next: (start) => raw.next((frame) => frame.startsWith(start)) };
  if (namespace === null) return wire;
  const { csrf } = await fetchClientConfig(server.url, { cookie });
  const prefix = namespace === "/" ? "" : `${namespace},`;
  wire.send(`40${prefix}${JSON.stringify({ csrf })}`);
  await wire.next(`42${prefix}["connection_established"`);
  return wire;
}
