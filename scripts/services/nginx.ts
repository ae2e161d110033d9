/** A real nginx (Debian's package) with files of deploy/nginx, filled with the ports of this machine. */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isOpen } from "./service.ts";

const files = join(import.meta.dirname, "../../deploy/nginx");

interface NginxOptions {
  readonly port: number;
  /** Of the two nodes. */
  readonly nodePorts: readonly [number, number];
  /** Files of deploy/nginx, as an operator would put them into conf.d. */
  readonly use: readonly string[];
  readonly tls?: { readonly cert: string; readonly key: string };
  /** A mistake in the file that all locations share. */
  readonly mistake?: (proxyFile: string) => string;
}

/** Starts it and waits until it listens. Returns the way to stop. */
export async function startNginx({ port, nodePorts, use, tls, mistake }: NginxOptions): Promise<() => Promise<void>> {
  const folder = mkdtempSync(join(tmpdir(), "nginx-"));
  mkdirSync(join(folder, "signalbox"));
  const proxyFile = readFileSync(join(files, "proxy.inc"), "utf8");
  writeFileSync(join(folder, "signalbox/proxy.inc"), mistake ? mistake(proxyFile) : proxyFile);
  if (tls) cpSync(tls.cert, join(folder, "signalbox/tls.crt"));
  if (tls) cpSync(tls.key, join(folder, "signalbox/tls.key"));
  const parts = ["upgrade-map.conf", ...use].map((name) => readFileSync(join(files, name), "utf8"));
  const filled = parts
    .join("\n")
    .replace(/listen \d+/, `listen 127.0.0.1:${port}`)
    .replace("node-1:5000", `127.0.0.1:${nodePorts[0]}`)
    .replace("node-2:5000", `127.0.0.1:${nodePorts[1]}`);
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (of) => `${of}_temp_path ${folder}/${of};`,
  );
  writeFileSync(
    join(folder, "nginx.conf"),
    // One process: each would go round the nodes by itself.
    `daemon off; master_process off; pid ${folder}/nginx.pid; error_log stderr warn; events {}
     http { access_log off; ${temporary.join(" ")} ${filled} }`,
  );
  const nginx = spawn("nginx", ["-p", folder, "-c", join(folder, "nginx.conf")], {
    env: { PATH: `${process.env.PATH}:/usr/sbin` },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  nginx.stderr.setEncoding("utf8").on("data", (text: string) => {
    said += text;
  });
  const ended = new Promise<void>((resolve) => nginx.once("close", () => resolve()));
  for (let tries = 0; !(await isOpen(port)); tries += 1) {
    if (tries === 1000 || nginx.exitCode !== null) throw new Error(`nginx does not listen: ${said}`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return async () => {
    nginx.kill("SIGTERM");
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
}
