/** TLS in the server itself: both transports, and certificates that change while it runs. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { connect as connectTls } from "node:tls";
import { io, type Socket } from "socket.io-client";
import { describe, expect, it, onTestFinished } from "vitest";
import { createRealtime, followTls, loadConfig, readTls, type Tls } from "../../src/index.ts";
import { createTestSessions, type Transport, transports } from "../../src/testing/index.ts";
import { type CertificateFiles, makeCertificate } from "./make-certificate.ts";

function certificate(name: string): CertificateFiles {
  const files = makeCertificate(name);
  onTestFinished(files.remove);
  return files;
}

const environment = ({ cert, key }: Pick<CertificateFiles, "cert" | "key">, port = 0) => ({
  ...{ NODE_ENV: "test", HOST: "127.0.0.1", PORT: String(port), SOCKETIO_REQUIRE_AUTH: "false" },
  ...{ TLS_CERT_FILE: cert, TLS_KEY_FILE: key },
});

/** A server with a certificate of its own, whose files the test may change. */
async function start() {
  const files = certificate("first");
  const tls = readTls(loadConfig(environment(files)).config) as Tls;
  // Requests that a client sends while the server closes are answered by the application.
  const httpServer = createServer(tls, (_req, res) => res.writeHead(404).end());
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  const { port } = httpServer.address() as AddressInfo;
  const { config } = loadConfig(environment(files, port));
  const lines: string[] = [];
  const log = (_fields: object, message: string): void => void lines.push(message);
  const logger = { debug: log, info: log, warn: log, error: log };
  const realtime = createRealtime({ httpServer, config, sessions: createTestSessions(), logger });
  const stop = followTls(httpServer, tls, config, logger);
  onTestFinished(async () => {
    stop();
    await realtime.close();
    httpServer.closeAllConnections();
    await new Promise((resolve) => httpServer.close(resolve));
  });
  return { files, lines, port, url: `https://127.0.0.1:${port}` };
}

async function connect(url: string, transport: Transport, ca: string): Promise<Socket> {
  const options = { transports: [transport], extraHeaders: { origin: url }, ca, forceNew: true, reconnection: false };
  const socket = io(url, options);
  onTestFinished(() => void socket.close());
  await new Promise<void>((resolve, reject) => {
    socket.once("connect", resolve);
    socket.once("connect_error", reject);
  });
  return socket;
}

/** The name on the certificate that a new connection is shown. */
function nameServed(port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connectTls({ host: "127.0.0.1", port, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().subject.CN));
      socket.destroy();
    });
    socket.once("error", reject);
  });
}

const answers = (socket: Socket) => socket.timeout(3000).emitWithAck("leave_task", { task_id: "none" });

describe.each(transports)("over %s", (transport) => {
  it("a client that trusts the certificate connects; one that does not gets an error", async () => {
    const { url, files } = await start();
    const socket = await connect(url, transport, readFileSync(files.cert, "utf8"));
    expect(await answers(socket)).toEqual({ ok: true });
    await expect(connect(url, transport, readFileSync(certificate("other").cert, "utf8"))).rejects.toThrow();
  });

  it("a new certificate is served to new connections, while those that are open live on", async () => {
    const { url, port, files, lines } = await start();
    const socket = await connect(url, transport, readFileSync(files.cert, "utf8"));
    expect(await nameServed(port)).toBe("first");
    const second = certificate("second");
    copyFileSync(second.key, files.key);
    copyFileSync(second.cert, files.cert);
    await expect.poll(() => nameServed(port), { interval: 100 }).toBe("second");
    expect(lines.filter((line) => line.includes("certificate"))).toEqual([
      "New connections are served with the new certificate.",
    ]);
    if (transport === "websocket") expect(await answers(socket)).toEqual({ ok: true });
    const late = await connect(url, transport, readFileSync(second.cert, "utf8"));
    expect(await answers(late)).toEqual({ ok: true });
  });
});

it("files that do not fit together are logged once, and the old certificate is kept", async () => {
  const { port, files, lines } = await start();
  const errors = () => lines.filter((line) => line.includes("old one kept"));
  copyFileSync(certificate("second").cert, files.cert);
  await expect.poll(errors).toEqual([expect.stringContaining("the key is not that of the certif")]);
  writeFileSync(files.cert, "-----BEGIN CERTIFICATE-----\nhalf");
  await expect.poll(errors).toHaveLength(2);
  await new Promise((resolve) => setTimeout(resolve, 1500));
  expect(errors()).toHaveLength(2);
  expect(await nameServed(port)).toBe("first");
});

describe("readTls", () => {
  const read = (cert: string, key: string) => () => readTls(loadConfig(environment({ cert, key })).config);

  it("names the setting whose file cannot be read, and says when the key is another's", () => {
    const [one, two] = [certificate("one"), certificate("two")];
    expect(read("/nowhere/tls.crt", one.key)).toThrow("TLS_CERT_FILE names the file /nowhere/tls.crt, which cannot be");
    expect(read(one.cert, two.key)).toThrow("the key is not that of the certificate");
    expect(read(one.key, one.key)).toThrow("no certificate and key in PEM");
  });
  it("is undefined without settings; one without the other is a problem of the configuration", () => {
    expect(readTls(loadConfig({}).config)).toBeUndefined();
    const { warnings, config } = loadConfig({ NODE_ENV: "test", TLS_KEY_FILE: "/some.key" });
    expect(warnings.join()).toContain("TLS_KEY_FILE is set, but TLS_CERT_FILE is not: https needs both.");
    expect(readTls(config)).toBeUndefined();
  });
});
