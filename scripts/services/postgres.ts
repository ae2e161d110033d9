import { execFileSync } from "node:child_process";
import { chownSync, globSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "./free-port.ts";
import { type Service, startService } from "./service.ts";

/** PostgreSQL refuses to run as root; Debian's package brings this user. */
const unprivileged = "postgres";

/** Starts a PostgreSQL with one empty database, in which nothing outlives `stop`. */
export async function startPostgres(): Promise<Service> {
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), "signalbox-postgres-"));
  const asUser = process.getuid?.() === 0 ? ["runuser", "-u", unprivileged, "--"] : [];
  if (asUser.length > 0) chownSync(folder, idOf("-u"), idOf("-g"));
  const [initdb = "initdb", ...initArguments] = [
    ...asUser,
    binary("initdb"),
    "-D",
    folder,
    "-U",
    unprivileged,
    "-A",
    "trust",
    "--no-sync",
  ];
  execFileSync(initdb, initArguments, { stdio: ["ignore", "ignore", "pipe"] });
  const url = `postgres://${unprivileged}@127.0.0.1:${port}/postgres`;
  const settings = [
    `port=${port}`,
    "listen_addresses=127.0.0.1",
    `unix_socket_directories=${folder}`,
    "fsync=off",
    "max_connections=200",
  ];
  // `setpriv` rather than `runuser` for the server: signals must reach it, not a process in between.
  const drop = asUser.length > 0 ? ["setpriv", `--reuid=${idOf("-u")}`, `--regid=${idOf("-g")}`, "--clear-groups"] : [];
  const [file = "", ...args] = [...drop, binary("postgres"), "-D", folder, ...settings.flatMap((each) => ["-c", each])];
  return startService({
    ...{ name: "postgres", url, port, command: [file, ...args] },
    // PostgreSQL listens before it accepts clients.
    answers: async () => isReady(port),
    removeFiles: () => rmSync(folder, { recursive: true, force: true }),
  });
}

const idOf = (flag: "-u" | "-g"): number => Number(execFileSync("id", [flag, unprivileged], { encoding: "utf8" }));

function isReady(port: number): boolean {
  try {
    execFileSync(binary("pg_isready"), ["-h", "127.0.0.1", "-p", String(port), "-q"]);
    return true;
  } catch {
    return false;
  }
}

/** Debian keeps the server's programs out of the PATH, one folder for each version. */
function binary(name: string): string {
  const found = globSync(`/usr/lib/postgresql/*/bin/${name}`).sort().at(-1);
  return found ?? name;
}
