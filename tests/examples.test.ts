/** Every example stops on SIGTERM, and says in a sentence why it cannot start. */
import { once } from "node:events";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { exampleProcess, startExample } from "../examples/express/test/start-example.ts";
import { freePort } from "../scripts/services/free-port.ts";
import { startRedis } from "../scripts/services/redis.ts";
import type { Service } from "../scripts/services/service.ts";

const folderOf = (example: string): URL => pathToFileURL(`${join(import.meta.dirname, "../examples", example)}/`);

let redis: Service;
beforeAll(async () => {
  redis = await startRedis();
});
afterAll(() => redis.stop());

/** Opens a TCP connection to an example, and waits until the server has it. */
async function connectTo(url: string): Promise<void> {
  const socket = connect(Number(new URL(url).port), "127.0.0.1");
  socket.on("error", () => {});
  onTestFinished(() => void socket.destroy());
  await once(socket, "connect");
}

describe.each(["bullmq", "express", "fastify-better-auth", "html", "react"])("%s", (example) => {
  it("ends after SIGTERM while a client holds a connection on which it sends nothing", async () => {
    const port = String(await freePort());
    const { url, stop } = await startExample(folderOf(example), { PORT: port, REDIS: redis.url });
    await connectTo(url);
    await stop();
  });
  it("names a port that is taken in one sentence, and ends with 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    onTestFinished(() => void other.close());
    await once(other, "listening");
    const address = other.address();
    const port = typeof address === "object" && address !== null ? String(address.port) : "";
    const server = exampleProcess(folderOf(example), { PORT: port, REDIS: redis.url });
    let errors = "";
    server.stderr.on("data", (data) => (errors += data));
    const [code] = await once(server, "close");
    const told = errors.split("\n").filter((line) => line !== "" && !/Warning|--trace-warnings/.test(line));
    expect(told).toEqual([expect.stringMatching(`^The server cannot start: .*${port}. Set PORT to a free port.$`)]);
    expect(code).toBe(1);
  });
});
