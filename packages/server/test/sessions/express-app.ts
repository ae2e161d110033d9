import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import express from "express";
import session, { MemoryStore, type SessionOptions } from "express-session";
import type { SessionChange } from "../../src/core/ports.ts";
import { expressSessions } from "../../src/sessions/sources/express-session.ts";

declare module "express-session" {
  interface SessionData {
    user?: { id: string; name: string; role?: string } | undefined;
    visits?: number;
    passport?: { user?: string | undefined };
  }
}

export const userOf = ({ user }: session.SessionData) =>
  user && { userId: user.id, username: user.name, role: user.role };

/** A real Express application with a login, and the changes that its sessions announced. */
export async function startExpressApp(options: Partial<SessionOptions> = {}) {
  const store = (options.store ?? new MemoryStore()) as MemoryStore;
  const secret = "a secret of the tests";
  const sessionOptions: SessionOptions = { secret, resave: false, saveUninitialized: true, ...options, store };
  const app = express();
  app.use(express.json());
  app.use(session(sessionOptions));
  app.get("/", (req, res) => {
    req.session.visits = (req.session.visits ?? 0) + 1;
    res.json(req.session.visits);
  });
  app.get("/unchanged", (_req, res) => {
    res.json({});
  });
  app.post("/login", (req, res, next) => {
    req.session.regenerate((error) => {
      if (error) return next(error);
      req.session.user = req.body;
      res.json({});
    });
  });
  app.post("/user", (req, res) => {
    req.session.user = req.body.id === undefined ? undefined : req.body;
    res.json({});
  });
  app.post("/logout", (req, res, next) => {
    req.session.destroy((error) => (error ? next(error) : res.json({})));
  });

  const server = createServer(app);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sessions = expressSessions({
    store,
    secret: options.secret ? [options.secret].flat().map(String) : secret,
    userOf,
  });
  const changes: SessionChange[] = [];
  const stop = sessions.watch?.((change) => changes.push(change));

  return {
    store,
    sessions,
    changes,
    stopWatching: () => stop?.(),
    /** Sends a request as a browser would, and returns the cookie that the browser has afterwards. */
    async request(method: "GET" | "POST", path: string, cookie = "", body: object = {}): Promise<string> {
      const response = await fetch(`${url}${path}`, {
        method,
        headers: { cookie, "content-type": "application/json" },
        ...(method === "POST" && { body: JSON.stringify(body) }),
      });
      await response.text(); // the server sends the last byte when the session is saved
      if (!response.ok) throw new Error(`${method} ${path} answered ${response.status}.`);
      return response.headers.getSetCookie()[0]?.split(";")[0] ?? cookie;
    },
    async resolve(cookie: string) {
      const credential = sessions.credentialOf({ headers: { cookie } });
      return credential === undefined ? undefined : sessions.resolve(credential);
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export type ExpressApp = Awaited<ReturnType<typeof startExpressApp>>;
