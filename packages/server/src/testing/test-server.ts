import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { loadConfig } from "../config/load-config.ts";
import type { Config } from "../config/settings.ts";
import type { Log } from "../core/ports.ts";
import { createRealtime } from "../create-realtime.ts";
import type { Realtime, RealtimeOptions } from "../realtime.ts";
import { createTestSessions, type TestSessions } from "./test-sessions.ts";

/** A running server on a free port of loopback, with everything a test may want to look at. */
export interface TestServer {
  readonly url: string;
  readonly port: number;
  readonly config: Config;
  readonly realtime: Realtime;
  readonly sessions: TestSessions;
  /** Every line logged, newest last. */
  readonly logged: readonly LoggedLine[];
  close(): Promise<void>;
}

/** A line that the server of a test has logged. */
export interface LoggedLine {
  readonly level: "debug" | "info" | "warn" | "error";
  readonly fields: object;
  readonly message: string;
}

interface TestServerOptions extends Partial<Omit<RealtimeOptions, "httpServer" | "config" | "sessions">> {
  /** Default: new ones. */
  sessions?: TestSessions;
  /** Environment variables, as an operator would set them. */
  env?: Record<string, string>;
  /** Default: a free one. Set it for a server that restarts on the port of another. */
  port?: number;
}

/** Starts a real server. Close it when the test is over: `onTestFinished(() => server.close())`. */
export async function startTestServer({
  env = {},
  port: wanted = 0,
  ...options
}: TestServerOptions = {}): Promise<TestServer> {
  const httpServer = createServer((_req, res) => res.writeHead(404, { "Content-Length": 11 }).end("application"));
  await new Promise<void>((resolve) => httpServer.listen(wanted, "127.0.0.1", resolve));
  const { port } = httpServer.address() as AddressInfo;
  const { config, sources } = loadConfig({ NODE_ENV: "test", HOST: "127.0.0.1", PORT: String(port), ...env });
  const sessions = options.sessions ?? createTestSessions();
  const logged: LoggedLine[] = [];
  const realtime = createRealtime({
    ...{ httpServer, config, configSources: sources, sessions, logger: recordingLog(logged) },
    ...options,
  });

  return {
    url: `http://127.0.0.1:${port}`,
    port,
    config,
    realtime,
    sessions,
    logged,
    async close() {
      await realtime.close();
      httpServer.closeAllConnections();
      await new Promise((resolve) => httpServer.close(resolve));
    },
  };
}

function recordingLog(lines: LoggedLine[]): Log {
  const at =
    (level: LoggedLine["level"]) =>
    (fields: object, message: string): void => {
      lines.push({ level, fields, message });
    };
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}
