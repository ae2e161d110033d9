/** Clients that nothing was asked of yet: as in a module that a server loads to render a page. */
import { once } from "node:events";
import { expect, it } from "vitest";
import { createClients } from "../../src/index.ts";
import { connect, connected, startServer } from "../support/node-clients.ts";
import { startProcess } from "../support/server-process.ts";

it("a module that makes clients loads in Node, refuses their use with a sentence, and keeps no timer", async () => {
  const messages: { status?: string; refused?: string }[] = [];
  const child = startProcess("inert-main.ts", {});
  child.on("message", (message: object) => void messages.push(message));
  expect(await once(child, "exit")).toEqual([0, null]);
  expect(messages.flatMap(({ status }) => status ?? [])).toEqual(["idle", "closed"]);
  const refused = messages.flatMap((message) => message.refused ?? []);
  expect(refused).toHaveLength(5);
  for (const sentence of refused)
    expect(sentence).toMatch(/^TypeError: createClients got no url.*in the browser only\.$/);
});

it("the state of clients without an address is idle, always the same object, for getServerSnapshot", () => {
  const { state } = createClients();
  expect(state.get()).toMatchObject({ status: "idle", code: "created", diagnosis: null });
  expect(state.get()).toBe(state.get());
});

it("clients whose last namespace was left can be used again", async () => {
  const server = await startServer();
  const clients = connect({ origin: server.url, cookie: server.sessions.signIn({ userId: "ada" }).cookie });
  clients.user();
  await connected(clients);
  clients.user().close();
  expect(clients.state.get().status).toBe("closed");
  clients.user();
  await connected(clients);
});
