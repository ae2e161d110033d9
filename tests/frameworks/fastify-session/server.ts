/** Fastify 5 with @fastify/session. */
import fastifyCookie from "@fastify/cookie";
import fastifySession, { MemoryStore } from "@fastify/session";
import { createRealtime, httpStatusOf, loadConfig, Refusal } from "@signalbox/server";
import { expressSessions } from "@signalbox/server/express-session";
import { fastify } from "fastify";

declare module "fastify" {
  interface Session {
    user?: string;
  }
}

const { config } = loadConfig();
const app = fastify();
const store = new MemoryStore();
const secret = "a secret of the example, long enough for it";
await app.register(fastifyCookie);
await app.register(fastifySession, { store, secret, saveUninitialized: false, cookie: { secure: false } });

app.get("/", () => "Fastify");
app.post<{ Body: { username: string } }>("/sign-in", async (request) => {
  request.session.user = request.body.username;
  return {};
});
app.post("/sign-out", async (request) => {
  await request.session.destroy();
  return {};
});

const realtime = createRealtime({
  httpServer: app.server,
  config,
  sessions: expressSessions({
    store,
    secret,
    name: "sessionId",
    userOf: ({ user }) => (user === undefined ? undefined : { userId: user, username: user, role: "user" }),
  }),
});

app.post("/tasks", async (request, reply) => {
  const { userId } = await realtime.authorize(request.raw);
  const { task_id } = await realtime.progress.create({ kind: "import", title: "Customers", owner_id: userId });
  await realtime.progress.complete(task_id, { rows: 2 });
  return reply.code(202).send({ task_id });
});
app.setErrorHandler((error, _request, reply) => {
  if (!(error instanceof Refusal)) throw error;
  reply.code(httpStatusOf(error.code)).send({ error: error.toMessage(false) });
});

await app.ready();
app.server.listen(config.port, config.host);
process.once("SIGTERM", async () => {
  await realtime.close();
  await app.close();
});
