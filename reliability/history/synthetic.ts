/** Histories in which nothing is wrong, of any length: what the checker must let pass, and where faults are planted. */
import type { Line, Reported } from "./line.ts";

interface SyntheticOptions {
  readonly random: () => number;
  readonly users: number;
  readonly clientsPerUser: number;
  readonly tasksPerUser: number;
  /** Of 100 ms each. */
  readonly ticks: number;
}

interface Client {
  readonly name: string;
  readonly user: string;
  connection: number;
  isLost: boolean;
  /** The version that it has received of each task that it watches. */
  readonly told: Map<string, number>;
}

const tickMs = 100;
const server = "server-1";

/** Users with several clients each, who watch all of their tasks; tasks end and are followed by others; connections are lost. */
export function* syntheticHistory({ random, ...options }: SyntheticOptions): Generator<Line> {
  let at = 1_000_000;
  let version = 0;
  let made = 0;
  const tasks = new Map<string, Reported>();
  const ends = new Map<string, Reported>();
  const clients: Client[] = [];

  function* report(task: string, owner: string, status: string, current: number | null): Generator<Line> {
    version += 1 + Math.floor(random() * 3);
    const isChange = status !== "running";
    const state: Reported = { operation: "reported", actor: server, task, version, status, current, owner, at };
    if (isChange) yield { operation: "committed", actor: server, task, version, at };
    yield state;
    if (isChange) yield { operation: "accepted", actor: server, task, version, at };
    if (status === "completed") {
      tasks.delete(task);
      ends.set(task, state);
    } else tasks.set(task, state);
  }

  function* begin(owner: string): Generator<Line> {
    made += 1;
    const task = `task-${made}`;
    yield* report(task, owner, "queued", null);
    for (const client of clients.filter(({ user }) => user === owner)) {
      yield { operation: "watched", actor: client.name, task, at };
      client.told.set(task, 0);
      if (!client.isLost) yield* show(client, task, true);
    }
  }

  /** Sends a client the latest state, unless it has it. */
  function* show({ name, told, connection }: Client, id: string, isAnswer: boolean): Generator<Line> {
    const state = tasks.get(id) ?? ends.get(id);
    if (state === undefined) return;
    const { task, version: latest, status, current } = state;
    const isEnd = status === "completed";
    if (isAnswer && !isEnd) yield { operation: "live", actor: name, task, version: latest, status, current, at };
    if (latest <= (told.get(id) ?? 0)) return;
    const operation = isEnd ? "final" : "applied";
    yield { operation, actor: name, connection, task, version: latest, status, current, at };
    told.set(id, latest);
    if (isEnd) told.delete(id);
  }

  function* connect(client: Client): Generator<Line> {
    const { name, user } = client;
    client.connection += 1;
    yield {
      ...{ operation: "connected", actor: name, user, session: `session of ${user}` },
      ...{ connection: client.connection, at },
    };
    for (const task of [...client.told.keys()]) yield* show(client, task, true);
    if (client.isLost) yield { operation: "recovered", actor: name, at };
    client.isLost = false;
  }

  function* tick(): Generator<Line> {
    for (const { task, owner, current } of [...tasks.values()]) {
      at += random() < 0.1 ? 1 : 0;
      const dice = random();
      if (dice < 0.02) yield* report(task, owner, "completed", current);
      else if (dice < 0.7) yield* report(task, owner, "running", (current ?? 0) + 1);
      if (dice < 0.02) yield* begin(owner);
    }
    at = Math.ceil((at + 1) / tickMs) * tickMs;
    for (const client of clients) {
      if (!client.isLost) for (const task of [...client.told.keys()]) yield* show(client, task, false);
      const dice = random();
      if (client.isLost && dice < 0.2) yield* connect(client);
      else if (!client.isLost && dice < 0.02) {
        yield { operation: "fault", name: "lost", at };
        yield { operation: "lost", actor: client.name, at };
        client.isLost = true;
      }
    }
  }

  yield { operation: "resting", actor: server, connections: 0, sockets: 0, handles: 12, at };
  for (let user = 1; user <= options.users; user += 1) {
    for (let number = 1; number <= options.clientsPerUser; number += 1) {
      const client = { name: `client-${user}.${number}`, user: `user-${user}`, told: new Map<string, number>() };
      clients.push({ ...client, connection: 0, isLost: false });
    }
  }
  for (const client of clients) yield* connect(client);
  for (let user = 1; user <= options.users; user += 1) {
    for (let count = 0; count < options.tasksPerUser; count += 1) yield* begin(`user-${user}`);
  }
  for (let count = 0; count < options.ticks; count += 1) yield* tick();
  for (const { task, owner, current } of [...tasks.values()]) yield* report(task, owner, "completed", current);
  at += tickMs;
  for (const client of clients) {
    if (client.isLost) yield* connect(client);
    else for (const task of [...client.told.keys()]) yield* show(client, task, false);
  }
  for (const end of ends.values()) yield { ...end, operation: "stored", actor: "database", at };
  yield { operation: "resting", actor: server, connections: 0, sockets: 0, handles: 12, at };
}
