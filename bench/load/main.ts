/** The load process: opens clients, counts and times what they receive. It takes its commands over standard input. */
import { serveControl } from "../process/control.ts";
import type { Broadcaster } from "./broadcasters/broadcaster.ts";
import { createBroadcaster } from "./broadcasters/create-broadcaster.ts";
import { Comeback } from "./comeback.ts";
import type { LoadCommands } from "./commands.ts";
import { Crowd } from "./crowd.ts";
import { fanOut, paced } from "./fan-out.ts";
import { joinTasks, Observation } from "./progress-watch.ts";
import { readToTheEnd } from "./read-to-the-end.ts";
import { readTokens } from "./tokens.ts";

let crowd: Crowd | undefined;
let broadcaster: Promise<Broadcaster> | undefined;
let comeback: Comeback | undefined;
let observation: Observation | undefined;

function aimed(): Crowd {
  if (crowd === undefined) throw new Error("Tell whom to connect to first.");
  return crowd;
}

function speaker(): Promise<Broadcaster> {
  broadcaster ??= createBroadcaster(aimed().target);
  return broadcaster;
}

serveControl<LoadCommands>({
  aim({ target }) {
    crowd = new Crowd(target);
    return {};
  },
  async tokens(range) {
    const { target, tokens } = aimed();
    if (!target.secured) return {};
    for (const [user, token] of await readTokens(target.port, range)) tokens.set(user, token);
    return {};
  },
  async open(params) {
    const startedAt = performance.now();
    await aimed().open(params);
    return { seconds: (performance.now() - startedAt) / 1000 };
  },
  async close() {
    await aimed().closeAll();
    return {};
  },
  fanOut: async (params) => fanOut(aimed(), await speaker(), params),
  paced: async (params) => paced(aimed(), await speaker(), params),
  async watch(params) {
    await joinTasks(aimed(), params);
    return {};
  },
  observe({ tasks }) {
    observation = new Observation(aimed(), tasks);
    return {};
  },
  observed() {
    if (observation === undefined) throw new Error("Nothing has been observed.");
    return observation.result();
  },
  pause({ client }) {
    aimed().client(client)?.pause();
    return {};
  },
  resume: ({ client }) => readToTheEnd(aimed(), client),
  comeBack() {
    comeback = new Comeback(aimed());
    return {};
  },
  areBack(params) {
    if (comeback === undefined) throw new Error("Nobody was told to come back.");
    return comeback.finished(params);
  },
});
