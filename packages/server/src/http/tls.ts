import { readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import type { Server as HttpsServer } from "node:https";
import { createSecureContext } from "node:tls";
import { ConfigError } from "../config/load-config.ts";
import type { Config } from "../config/settings.ts";
import type { Log } from "../core/ports.ts";

/** Certificate (with its chain) and key in PEM, the options of `https.createServer`. */
export interface Tls {
  readonly cert: string;
  readonly key: string;
}

type TlsFiles = Pick<Config, "tlsCertFile" | "tlsKeyFile">;

/** How often the files are read. Certificates are renewed days before the old one expires. */
const lookMs = 1000;

/**
 * Reads the files that TLS_CERT_FILE and TLS_KEY_FILE name; undefined when they are not set.
 * @throws ConfigError when a file cannot be read, is no PEM, or the key is not that of the certificate
 */
export function readTls({ tlsCertFile, tlsKeyFile }: TlsFiles): Tls | undefined {
  if (tlsCertFile === null || tlsKeyFile === null) return undefined;
  const tls = { cert: read("TLS_CERT_FILE", tlsCertFile), key: read("TLS_KEY_FILE", tlsKeyFile) };
  const problem = problemOf(tls);
  if (problem === undefined) return tls;
  throw new ConfigError([`TLS_CERT_FILE is ${tlsCertFile} and TLS_KEY_FILE is ${tlsKeyFile}, but ${problem}.`]);
}

/**
 * Serves new connections with a new certificate as soon as the files contain one; open connections continue. If
 * certificate and key do not match, the server logs that and keeps the old certificate.
 * @param inForce - the result of `readTls` that the server was created with
 * @returns a function that stops the watch
 */
export function followTls(
  server: Pick<HttpsServer, "setSecureContext">,
  inForce: Tls,
  { tlsCertFile, tlsKeyFile }: TlsFiles,
  log: Pick<Log, "info" | "error">,
): () => void {
  if (tlsCertFile === null || tlsKeyFile === null) return () => {};
  const files = { cert_file: tlsCertFile, key_file: tlsKeyFile };
  // Compares contents, not times or file events: these are unreliable with mounted, renamed and symlinked folders.
  const readBoth = () =>
    Promise.all([readFile(tlsCertFile, "utf8"), readFile(tlsKeyFile, "utf8")]).then(
      ([cert, key]): Tls => ({ cert, key }),
      (error: NodeJS.ErrnoException): string => `${error.path} cannot be read (${error.code})`,
    );
  let judged = JSON.stringify(inForce);
  let seen: string | undefined;
  let busy = false;

  async function look(): Promise<void> {
    const found = await readBoth();
    const text = JSON.stringify(found);
    // The two files are not written atomically: only contents that are equal in two consecutive reads are complete.
    const isStable = text === seen;
    seen = text;
    if (!isStable || text === judged) return;
    judged = text;
    const problem = typeof found === "string" ? found : problemOf(found);
    if (problem !== undefined || typeof found === "string") {
      return log.error(files, `The new certificate is not used, and the old one kept: ${problem}.`);
    }
    server.setSecureContext(found);
    log.info(files, "New connections are served with the new certificate.");
  }

  const timer = setInterval(() => {
    if (busy) return;
    busy = true;
    void look().finally(() => {
      busy = false;
    });
  }, lookMs);
  timer.unref();
  return () => clearInterval(timer);
}

function read(name: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    throw new ConfigError([`${name} names the file ${path}, which cannot be read.`]);
  }
}

/** Why a certificate and key cannot be used. OpenSSL's error texts contain no part of a key. */
function problemOf(tls: Tls): string | undefined {
  try {
    createSecureContext(tls);
    return undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ERR_OSSL_X509_KEY_VALUES_MISMATCH") return "the key is not that of the certificate";
    return `they are no certificate and key in PEM (${message})`;
  }
}
