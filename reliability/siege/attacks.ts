import { rawRequest, sendRaw, type TestClient, upgradeHeaders } from "@signalbox/server/testing";
import { WebSocket } from "ws";
import { type Besieged, origin } from "./besieged.ts";
import { addressOf, connectPerson, isLeak } from "./people.ts";

/** What the attackers received. */
export interface Tally {
  /** Refusals that they received, by code. */
  readonly refusals: Record<string, number>;
  leaks: number;
}

export interface Attack {
  readonly name: string;
  /** The limit that is exceeded tenfold. */
  readonly limit: string;
  /** Begins it; returns the way to end it. */
  begin(server: Besieged, tally: Tally): () => void;
}

const polling = "/socket.io/?EIO=4&transport=polling";
const websocket = "/socket.io/?EIO=4&transport=websocket";

/** A step of 100 ms: an attack is a flow, not one burst a second. */
const stepMs = 100;

/** Attackers' addresses are far from everybody else's. */
let lastAddress = 1_000_000;
const newAddress = (): number => {
  lastAddress += 1;
  return lastAddress;
};

function every(ms: number, run: () => unknown): () => void {
  const timer = setInterval(() => void Promise.resolve(run()).catch(() => {}), ms);
  return () => clearInterval(timer);
}

function note(tally: Tally, answer: unknown): void {
  if (isLeak(answer)) tally.leaks += 1;
  const code = (answer as { error?: { code?: string } } | undefined)?.error?.code;
  if (code !== undefined) tally.refusals[code] = (tally.refusals[code] ?? 0) + 1;
}

/** One HTTP request; what is refused comes as JSON. */
async function knock(server: Besieged, tally: Tally, raw: string): Promise<string> {
  const { body } = await sendRaw(server.port, raw);
  if (body.startsWith("{")) note(tally, JSON.parse(body));
  return body;
}

const headersOf = (address: number, more: [string, string][] = []): [string, string][] => [
  ["Origin", origin],
  ["X-Forwarded-For", addressOf(address)],
  ["Connection", "close"],
  ...more,
];

/** A WebSocket spoken by hand, opened again when it is closed. */
function openAgain(server: Besieged, tally: Tally, run: (socket: WebSocket) => void): () => void {
  let socket: WebSocket | undefined;
  const open = (): void => {
    const headers = { Origin: origin, "X-Forwarded-For": addressOf(newAddress()) };
    socket = new WebSocket(`ws://127.0.0.1:${server.port}${websocket}`, { headers });
    socket.on("error", () => {});
    socket.on("message", (data) => {
      if (isLeak(String(data))) tally.leaks += 1;
    });
  };
  open();
  const stop = every(stepMs, () => {
    if (socket?.readyState === WebSocket.OPEN) run(socket);
    else if (socket?.readyState === WebSocket.CLOSED) open();
  });
  return () => {
    stop();
    socket?.terminate();
  };
}

/** A signed-in client that sends requests, connected again when it was disconnected. */
function sendAgain(server: Besieged, tally: Tally, userId: string, perStep: number, payload: unknown): () => void {
  let client: TestClient | undefined;
  let connecting = false;
  const address = newAddress();
  async function connect(): Promise<void> {
    connecting = true;
    client = await connectPerson(server, { userId, address }, "websocket").catch(({ data }) => {
      note(tally, { error: data });
      return undefined;
    });
    client?.socket.onAny((_event, told) => note(tally, { error: told }));
    setTimeout(() => {
      connecting = false;
    }, 1000);
  }
  const stop = every(stepMs, async () => {
    if (!client?.socket.connected) return connecting ? undefined : connect();
    for (let n = 0; n < perStep; n += 1)
      client.socket.emit("leave_task", payload, (answer: unknown) => note(tally, answer));
  });
  return () => {
    stop();
    client?.close();
  };
}

const together = (stops: (() => void)[]) => () => {
  for (const stop of stops) stop();
};

const deepLevels = 500;

export const attacks: readonly Attack[] = [
  {
    name: "messages of five users",
    limit: "50 messages a second of a user",
    begin: (server, tally) =>
      together([0, 1, 2, 3, 4].map((n) => sendAgain(server, tally, `flooder-${n}`, 50, { task_id: "none" }))),
  },
  {
    name: "new connections of one address",
    limit: "120 a minute of an address",
    begin(server, tally) {
      const address = newAddress();
      return every(50, () => knock(server, tally, rawRequest("GET", polling, headersOf(address))));
    },
  },
  {
    name: "polling bodies of many packets",
    limit: "400 packets a second of a connection",
    begin: (server, tally) =>
      every(1000, async () => {
        const headers = headersOf(newAddress());
        const body = await knock(server, tally, rawRequest("GET", polling, headers));
        const sid = /"sid":"([^"]+)"/.exec(body)?.[1];
        const packets = Array.from({ length: 4000 }, () => '42["x"]').join("\x1e");
        await knock(server, tally, rawRequest("POST", `${polling}&sid=${sid}`, headers, packets));
      }),
  },
  {
    name: "handshakes of a foreign origin",
    limit: "120 connections a minute of an address",
    begin(server, tally) {
      const foreign: [string, string][] = [
        ["Origin", "https://evil.test"],
        ["X-Forwarded-For", addressOf(newAddress())],
      ];
      return every(50, async () => {
        await knock(server, tally, rawRequest("GET", polling, [...foreign, ["Connection", "close"]]));
        await knock(server, tally, rawRequest("GET", websocket, [...upgradeHeaders, ...foreign]));
      });
    },
  },
  {
    name: "CONNECTs to namespaces that are none",
    limit: "10 refused CONNECTs of a connection",
    begin: (server, tally) =>
      openAgain(server, tally, (socket) => {
        for (let n = 0; n < 100; n += 1) socket.send(`40/nowhere-${n},`);
      }),
  },
  {
    name: "acknowledgements that nobody asked for",
    limit: "400 packets a second of a connection",
    begin: (server, tally) =>
      openAgain(server, tally, (socket) => {
        for (let n = 0; n < 400; n += 1) socket.send("430[]");
      }),
  },
  {
    name: "pings whose answers are not read",
    limit: "400 packets a second of a connection",
    begin: (server, tally) =>
      openAgain(server, tally, (socket) => {
        socket.pause();
        for (let n = 0; n < 400; n += 1) socket.ping("x".repeat(100));
      }),
  },
  {
    name: `events nested ${deepLevels} deep`,
    limit: "50 messages a second of a user",
    begin(server, tally) {
      const nested: unknown = JSON.parse("[".repeat(deepLevels) + "]".repeat(deepLevels));
      return sendAgain(server, tally, "digger", 50, nested);
    },
  },
  {
    name: "requests with 12 KB of headers",
    limit: "120 connections a minute of an address",
    begin(server, tally) {
      const headers = headersOf(newAddress(), [["X-Padding", "x".repeat(12_000)]]);
      return every(50, () => knock(server, tally, rawRequest("GET", polling, headers)));
    },
  },
];
