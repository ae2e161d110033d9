/** A plain server of `node:http`: files, sign-in, a task that takes two seconds, and Signalbox. Also that of examples/react. */
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join, normalize } from "node:path";
import { createLog, createRealtime, httpStatusOf, loadConfig, Refusal } from "@signalbox/server";
import { createPractice } from "../express/practice.ts";
import { sessions, signIn, signOut } from "./sessions.ts";

const types: Readonly<Record<string, string>> = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".map": "application/json",
};

/** @param folders - by the address that each is served below; `/` is where the page lies */
export function serve(folders: Readonly<Record<string, string>>): void {
  const { config } = loadConfig(process.env);
  const httpServer = createServer((req, res) => {
    answer(req, res).catch((error: unknown) => {
      const status = error instanceof Refusal ? httpStatusOf(error.code) : 500;
      res.writeHead(status).end();
    });
  });

  // #region signalbox
  const realtime = createRealtime({
    httpServer,
    config,
    sessions,
    tasks: { cancel: (task) => practice.cancel(task.task_id) },
  });
  // #endregion

  const practice = createPractice(realtime.progress);

  async function answer(req: IncomingMessage, res: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(req.url ?? "/", "http://localhost");
    switch (`${req.method} ${pathname}`) {
      case "POST /sign-in": {
        const name = searchParams.get("name") ?? "";
        if (!/^\w{1,32}$/.test(name)) return void res.writeHead(400).end();
        return void res.writeHead(204, { "set-cookie": signIn(name) }).end();
      }
      case "POST /sign-out":
        signOut(req.headers.cookie);
        return void res.writeHead(204).end();
      case "POST /practice": {
        const { userId } = await realtime.authorize(req);
        res.writeHead(202, { "content-type": "application/json" });
        return void res.end(JSON.stringify({ task_id: await practice.start(userId) }));
      }
      default:
        return sendFile(pathname === "/" ? "/index.html" : pathname, res);
    }
  }

  async function sendFile(path: string, res: ServerResponse): Promise<void> {
    const [below = "/"] = Object.keys(folders)
      .filter((each) => path.startsWith(each))
      .sort((a, b) => b.length - a.length);
    const inside = normalize(`/${path.slice(below.length)}`);
    const body = await readFile(join(folders[below] ?? "", inside)).catch(() => undefined);
    if (body === undefined) return void res.writeHead(404).end();
    res.writeHead(200, { "content-type": types[extname(inside)] ?? "application/octet-stream" }).end(body);
  }

  httpServer.once("error", ({ message }) => {
    process.stderr.write(`The server cannot start: ${message}. Set PORT to a free port.\n`);
    process.exit(1);
  });
  httpServer.listen(config.port, config.host, () => {
    const { port } = httpServer.address() as AddressInfo;
    createLog(config).info({ url: `http://${config.host}:${port}` }, "Listening.");
  });

  process.once("SIGTERM", async () => {
    await realtime.close();
    httpServer.close();
    // A connection that never sends a request would keep the process alive.
    setTimeout(() => httpServer.closeAllConnections(), 2000).unref();
  });
}
