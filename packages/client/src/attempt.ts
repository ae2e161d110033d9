import type { ClientConfig, HandshakeAuth } from "@signalbox/protocol";
import { Manager, type Socket } from "socket.io-client";
import type { Evidence } from "./classify-failure.ts";
import type { ConnectionState } from "./connection-state.ts";
import { type Diagnosis, diagnose, diagnoseRefusal } from "./diagnosis.ts";
import { isRefusal, refusalIn } from "./probe.ts";

type Transport = NonNullable<ConnectionState["transport"]>;

interface AttemptOptions {
  readonly url: string;
  readonly config: ClientConfig;
  readonly transports: readonly Transport[];
  readonly namespaces: Iterable<string>;
  /** Called for each namespace: credentials are never older than the attempt. */
  auth(): Promise<HandshakeAuth>;
  /** In Node only: sent with the handshake. */
  readonly headers: Readonly<Record<string, string>>;
  readonly on: Partial<AttemptListeners> & Pick<AttemptListeners, "down">;
}

interface AttemptListeners {
  /** The server admitted the client to a namespace. */
  entered(namespace: string): void;
  /** The server refused a namespace, or the application provided no token to request it with. */
  refused(namespace: string, diagnosis: Diagnosis): void;
  /** The server closed a namespace. */
  left(namespace: string): void;
  event(namespace: string, event: string, payload: unknown): void;
  upgraded(transport: Transport): void;
  upgradeFailed(): void;
  /** Called once, at the end: the connection could not be opened, or it was lost. */
  down(evidence: Omit<Evidence, "online">): void;
}

/** One underlying connection, from opening to closing. It never reconnects: reconnection is up to the caller. */
export interface Attempt {
  /** Resolves when the transport is open, before any namespace is open. */
  readonly opened: Promise<void>;
  add(namespace: string): void;
  remove(namespace: string): void;
  /** @param onAnswer - called once with the acknowledgement, or never when the connection ends first */
  emit(namespace: string, event: string, payload: object, onAnswer: (answer: unknown) => void): void;
  transport(): Transport | null;
  /** Closes the connection without notifying the listeners. */
  close(): void;
}

export function openAttempt({ url, config, transports, namespaces, auth, headers, on }: AttemptOptions): Attempt {
  const manager = new Manager(url, {
    path: config.path,
    transports: [...transports],
    reconnection: false,
    autoConnect: false,
    // The caller sets the timeout: Socket.IO's covers the transport only, ours covers admission to the namespace too.
    timeout: 2 ** 31 - 1,
    withCredentials: true,
    ...(Object.keys(headers).length > 0 && { extraHeaders: { ...headers } }),
  });
  const sockets = new Map<string, Socket>();
  let over = false;

  function end(evidence: Omit<Evidence, "online">): void {
    if (over) return;
    over = true;
    on.down(evidence);
  }

  let markOpened: () => void = () => {};
  const opened = new Promise<void>((resolve) => {
    markOpened = resolve;
  });
  manager.on("open", () => {
    markOpened();
    const { engine } = manager;
    engine.on("upgrade", (transport) => on.upgraded?.(transport.name as Transport));
    engine.on("upgradeError", () => {
      // A connection that ends during the probe makes the probe fail too: such a failure says nothing about WebSocket.
      if (!over && engine.readyState === "open") on.upgradeFailed?.();
    });
  });
  manager.on("error", (error) => end({ transport: transportName(), ...evidenceOf(error) }));
  manager.on("close", () => {
    const transport = transportName();
    // A refusal of the only namespace closes the manager first and is reported right after. It is the better reason.
    queueMicrotask(() => end({ transport }));
  });

  const transportName = (): Transport | undefined => manager.engine?.transport?.name as Transport | undefined;

  function add(namespace: string): void {
    const known = sockets.get(namespace);
    if (known !== undefined) return void known.connect();
    const socket = manager.socket(namespace, {
      auth: (give: (auth: object) => void) =>
        void auth().then(give, () => on.refused?.(namespace, diagnose("token_unavailable"))),
    });
    sockets.set(namespace, socket);
    socket.on("connect", () => on.entered?.(namespace));
    socket.on("connect_error", (error) => {
      // An error of the connection itself is reported here too. Only the server's own response carries `data`.
      if (over || !("data" in error)) return;
      // Other software may guard the namespace, or the namespace may not exist.
      on.refused?.(namespace, isRefusal(error.data) ? diagnoseRefusal(error.data) : diagnose("protocol_mismatch"));
    });
    socket.on("disconnect", (reason) => {
      if (!over && reason === "io server disconnect") on.left?.(namespace);
    });
    socket.onAny((event: string, payload: unknown) => {
      if (!over) on.event?.(namespace, event, payload);
    });
    socket.connect();
  }

  for (const namespace of namespaces) add(namespace);
  manager.open();

  return {
    opened,
    add,
    // The socket is kept for the next `add`: the manager returns the same socket again, and it already has listeners.
    remove: (namespace) => void sockets.get(namespace)?.disconnect(),
    emit: (namespace, event, payload, onAnswer) => void sockets.get(namespace)?.emit(event, payload, onAnswer),
    transport: () => transportName() ?? null,
    close() {
      over = true;
      for (const socket of sockets.values()) socket.disconnect();
      // Otherwise closing a connection that is still opening would wait until it is open.
      manager.engine?.close();
    },
  };
}

/** What Engine.IO reports about a failed request: its status and body, where the browser exposes them. */
function evidenceOf(error: unknown): Omit<Evidence, "online" | "transport"> {
  const { description, context } = error as { description?: unknown; context?: { responseText?: unknown } };
  if (typeof description !== "number" || description === 0) return {};
  const refusal = refusalIn(parse(context?.responseText));
  return refusal === undefined ? { status: description } : { refusal };
}

function parse(text: unknown): unknown {
  try {
    return JSON.parse(String(text));
  } catch {
    return undefined;
  }
}
