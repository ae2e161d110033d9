/** Express 5 with passport, which keeps only a user's id in the session. */
import { createServer } from "node:http";
import { createRealtime, httpStatusOf, loadConfig, Refusal } from "@signalbox/server";
import { expressSessions } from "@signalbox/server/express-session";
import express, { type NextFunction, type Request, type Response } from "express";
import session, { MemoryStore } from "express-session";
import passport from "passport";
import { Strategy } from "passport-local";

interface Account {
  readonly id: string;
  readonly name: string;
}
const accounts = new Map<string, Account>([["1", { id: "1", name: "ada" }]]);
const findAccount = async (id: string): Promise<Account | undefined> => accounts.get(id);

passport.use(
  new Strategy((username, password, done) => {
    const account = [...accounts.values()].find(({ name }) => name === username);
    done(null, account !== undefined && password === "correct horse" ? account : false);
  }),
);
passport.serializeUser((user, done) => done(null, (user as Account).id));
passport.deserializeUser((id: string, done) => {
  findAccount(id).then((account) => done(null, account ?? false), done);
});

const app = express();
const store = new MemoryStore();
const secret = "a secret of the example";
app.use(express.json(), session({ store, secret, resave: false, saveUninitialized: false }), passport.session());
app.get("/", (_req, res) => void res.send("Express"));
app.post("/sign-in", passport.authenticate("local"), (_req, res) => void res.json({}));
app.post("/sign-out", (req, res, next) => req.logout((error) => (error ? next(error) : res.json({}))));

const httpServer = createServer(app);
const { config } = loadConfig();
const realtime = createRealtime({
  httpServer,
  config,
  sessions: expressSessions({
    store,
    secret,
    async userOf(data) {
      const { passport: kept } = data as { passport?: { user: string } };
      const account = kept && (await findAccount(kept.user));
      return account && { userId: account.id, username: account.name, role: "user" };
    },
  }),
});

app.post("/tasks", async (req, res) => {
  const { userId } = await realtime.authorize(req);
  const { task_id } = await realtime.progress.create({ kind: "import", title: "Customers", owner_id: userId });
  res.status(202).json({ task_id });
  await realtime.progress.report(task_id, { status: "running", current: 1, total: 2 });
  await realtime.progress.complete(task_id, { rows: 2 });
});
app.use((error: unknown, _req: Request, res: Response, next: NextFunction) => {
  if (!(error instanceof Refusal)) return next(error);
  res.status(httpStatusOf(error.code)).json({ error: error.toMessage(false) });
});

httpServer.listen(config.port, config.host);
process.once("SIGTERM", async () => {
  await realtime.close();
  httpServer.closeAllConnections();
  httpServer.close();
});
