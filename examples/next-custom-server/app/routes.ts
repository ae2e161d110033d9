/** What would be `app/page.tsx` and `app/api/…/route.ts`. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { httpStatusOf, type Realtime, Refusal } from "@signalbox/server";
import { signIn, signOut } from "./sessions.ts";

declare global {
  var realtime: Realtime;
}

type Route = (req: IncomingMessage, res: ServerResponse) => void | Promise<void>;

export const routes: Readonly<Record<string, Route>> = {
  "GET /": (_req, res) =>
    void res.writeHead(200, { "content-type": "text/html" }).end("<!doctype html><title>Next</title>"),
  "POST /api/sign-in": (req, res) => {
    const name = new URL(req.url ?? "", "http://localhost").searchParams.get("name") ?? "";
    if (!/^\w{1,32}$/.test(name)) return void res.writeHead(400).end();
    res.writeHead(204, { "set-cookie": signIn(name) }).end();
  },
  "POST /api/sign-out": (req, res) => {
    signOut(req.headers.cookie);
    res.writeHead(204).end();
  },
  "POST /api/reports": startReport,
};

async function startReport(req: IncomingMessage, res: ServerResponse): Promise<void> {
  try {
    const { userId } = await realtime.authorize(req);
    const task = await realtime.progress.create({ kind: "report", title: "Report", owner_id: userId });
    void build(task.task_id);
    res.writeHead(202, { "content-type": "application/json" }).end(JSON.stringify({ task_id: task.task_id }));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    res.writeHead(httpStatusOf(error.code)).end();
  }
}

async function build(taskId: string): Promise<void> {
  for (let current = 0; current < 5; current += 1) {
    await realtime.progress.report(taskId, { status: "running", current, total: 5 });
    await delay(100);
  }
  await realtime.progress.complete(taskId, { pages: 5 });
}
