import { readdir, readlink, truncate } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { crc32, deflateSync } from "node:zlib";
import type { TaskSnapshot } from "@signalbox/protocol";
import { connectClient, type TestClient } from "@signalbox/server/testing";
import sharp from "sharp";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import {
  administrator,
  makeImage,
  type Person,
  type RunningWorkbench,
  runWorkbench,
  signIn,
  signUp,
} from "../fixture.ts";
import { readZip } from "../read-zip.ts";

// A workbench is started; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000, hookTimeout: 60_000 });

interface ResultSet {
  results: {
    name: string;
    bytes: number;
    width: number;
    height: number;
    outputs: { format: string; bytes: number; width: number; height: number; url: string }[];
  }[];
  problems: { name: string; problem: string }[];
  zip_url: string;
}

let workbench: RunningWorkbench;
let ada: Person;
let socket: TestClient;

beforeAll(async () => {
  workbench = await runWorkbench();
  ada = await signUp(workbench.url);
  socket = await connectClient(workbench.url, { cookie: ada.cookie });
});
afterAll(async () => {
  socket?.close();
  await workbench?.remove();
});

async function begin(files: File[]): Promise<string> {
  const response = await ada.start(files);
  expect(response.status).toBe(201);
  return (await response.json()).task_id;
}

/** Watches from the start to the end; the last one is the final state. */
async function watch(taskId: string): Promise<TaskSnapshot[]> {
  const seen: TaskSnapshot[] = [];
  const ended = Promise.withResolvers<TaskSnapshot>();
  const onAny = (event: string, task: TaskSnapshot): void => {
    if (task.task_id !== taskId) return;
    if (event === "progress_update") seen.push(task);
    else ended.resolve(task);
  };
  socket.socket.onAny(onAny);
  const { task } = await socket.request("join_task", { task_id: taskId });
  const last = ["queued", "running"].includes(task.status) ? await ended.promise : task;
  socket.socket.offAny(onAny);
  return [...seen, last];
}

const resultsOf = async (taskId: string): Promise<ResultSet> =>
  (await ada.fetch(`/api/tasks/${taskId}/results`)).json();
const download = async (url: string): Promise<Buffer> => Buffer.from(await (await ada.fetch(url)).arrayBuffer());
const file = (bytes: Buffer, name: string): File => new File([new Uint8Array(bytes)], name);
const plain = (width: number, height: number) => sharp({ create: { width, height, channels: 3, background: "#4a7" } });

/** A PNG of a few bytes whose head claims any size. */
function claimedPng(width: number, height: number): Buffer {
  const chunk = (type: string, data: Buffer): Buffer => {
    const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)] as const;
    ends[0].writeUInt32BE(data.length);
    ends[1].writeUInt32BE(crc32(body));
    return Buffer.concat([ends[0], body, ends[1]]);
  };
  const head = Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 8, 2, 0, 0, 0]);
  head.writeUInt32BE(width, 0);
  head.writeUInt32BE(height, 4);
  const data = deflateSync(Buffer.alloc(1000));
  const signature = Buffer.from("\x89PNG\r\n\x1a\n", "latin1");
  return Buffer.concat([signature, chunk("IHDR", head), chunk("IDAT", data), chunk("IEND", Buffer.alloc(0))]);
}

describe("a batch of images", () => {
  const formats = ["jpeg", "png", "webp", "avif", "gif", "tiff"] as const;
  let taskId: string;
  let seen: TaskSnapshot[];
  let set: ResultSet;

  beforeAll(async () => {
    const images = formats.map(async (format) =>
      file(await plain(640, 480).toFormat(format).toBuffer(), `A picture.${format}`),
    );
    taskId = await begin(await Promise.all(images));
    seen = await watch(taskId);
    set = await resultsOf(taskId);
  });

  it("reports the current image, their number and the step, and ends with a summary", () => {
    const last = seen.at(-1);
    expect(last).toMatchObject({ status: "completed", kind: "batch", current: 6, total: 6, percent: 100 });
    expect(last).toMatchObject({ title: "A picture.jpeg and 5 more", result: { images: 6, unreadable: 0 } });
    expect(seen.length).toBeGreaterThan(1);
    for (const [index, task] of seen.entries()) {
      expect(task.total).toBe(6);
      expect(task.current ?? 0).toBeGreaterThanOrEqual(seen[index - 1]?.current ?? 0);
      if (task.step !== null) expect(task.step).toMatch(/^Converting A picture\./);
    }
  });

  it("makes an AVIF, a WebP and a thumbnail of each, of every format that is taken, each to be fetched", async () => {
    expect(set.results.map(({ name }) => name)).toEqual(formats.map((format) => `A picture.${format}`));
    expect(set.problems).toEqual([]);
    for (const { outputs, width, height } of set.results) {
      expect([width, height]).toEqual([640, 480]);
      expect(outputs.map(({ format }) => format)).toEqual(["avif", "webp", "thumbnail"]);
      for (const output of outputs) {
        const response = await ada.fetch(output.url);
        const type = output.format === "avif" ? "image/avif" : "image/webp";
        expect([response.status, response.headers.get("content-type")]).toEqual([200, type]);
        expect(response.headers.get("x-content-type-options")).toBe("nosniff");
        const bytes = Buffer.from(await response.arrayBuffer());
        expect(bytes.length).toBe(output.bytes);
        const { format, ...size } = await sharp(bytes).metadata();
        expect(`image/${format}`).toBe(type.replace("avif", "heif"));
        expect(size).toMatchObject({ width: output.width, height: output.height });
      }
      expect(outputs[2]).toMatchObject({ width: 320, height: 240 });
    }
  });

  it("offers all pictures in one zip", async () => {
    const response = await ada.fetch(set.zip_url);
    expect(response.headers.get("content-type")).toBe("application/zip");
    expect(response.headers.get("content-disposition")).toMatch(/^attachment; filename="images-[\da-f]{8}\.zip"$/);
    const files = readZip(Buffer.from(await response.arrayBuffer()));
    expect(files.size).toBe(12);
    const [first] = set.results;
    expect(files.get("001 A picture.avif")).toEqual(await download(first?.outputs[0]?.url ?? ""));
    expect(files.get("001 A picture.webp")).toEqual(await download(first?.outputs[1]?.url ?? ""));
  });

  it("is its owner's and administrators' alone, and a name in the address never becomes a path", async () => {
    const [eve, root] = [await signUp(workbench.url), await signIn(workbench.url, administrator)];
    const urls = [`/api/tasks/${taskId}/results`, set.zip_url, set.results[0]?.outputs[0]?.url ?? ""];
    for (const url of urls) {
      const refused = await eve.fetch(url);
      expect([refused.status, (await refused.json()).error.code]).toEqual([404, "task_not_found"]);
      expect((await fetch(workbench.url + url)).status).toBe(401);
      expect((await root.fetch(url)).status).toBe(200);
    }
    const names = ["../../workbench.sqlite", "../../../secret", "000.upload", ".000.avif.part", "000.avif/", "nothing"];
    for (const name of names) {
      const response = await ada.fetch(`/api/tasks/${taskId}/results/${encodeURIComponent(name)}`);
      expect([name, response.status]).toEqual([name, 404]);
    }
  });

  it.runIf(process.platform === "linux")("closes its files when a client downloading the zip goes away", async () => {
    const folder = join(workbench.environment.DATA_DIR ?? "", "results", taskId);
    // Longer than all that lies between us and the disk can hold.
    await truncate(join(folder, "000.avif"), 100_000_000);
    const openFiles = async (): Promise<number> => {
      const links = await Promise.all(
        (await readdir("/proc/self/fd")).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => "")),
      );
      return links.filter((link) => link.startsWith(folder)).length;
    };
    const client = connect(Number(workbench.environment.PORT), "127.0.0.1").on("error", () => {});
    client.write(`GET ${set.zip_url} HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: ${ada.cookie}\r\n\r\n`);
    await expect.poll(openFiles).toBe(1);
    client.destroy();
    await expect.poll(openFiles).toBe(0);
  });
});

describe("an image", () => {
  it("comes out upright, and without the place where it was taken", async () => {
    const exif = { IFD0: { Copyright: "somebody" }, IFD3: { GPSLatitude: "51/1 30/1 0/1" } };
    const turned = await plain(60, 40).withExif(exif).withMetadata({ orientation: 6 }).jpeg().toBuffer();
    const taskId = await begin([file(turned, "turned.jpg")]);
    await watch(taskId);
    const [result] = (await resultsOf(taskId)).results;
    expect(result).toMatchObject({ width: 40, height: 60 });
    for (const { url } of result?.outputs ?? []) {
      expect((await sharp(await download(url)).metadata()).exif).toBeUndefined();
    }
  });

  it("that is wider than WebP can be is made to fit", async () => {
    const taskId = await begin([file(await plain(20_000, 30).png().toBuffer(), "wide.png")]);
    expect((await watch(taskId)).at(-1)).toMatchObject({ status: "completed" });
    expect((await resultsOf(taskId)).results[0]).toMatchObject({ width: 16_383 });
  });

  it("that is broken, or would unfold into more pixels than we follow, is named, and the others are made", async () => {
    const good = [await makeImage("first.jpg", 80, 60), await makeImage("last.png", 80, 60)] as const;
    const broken = file(Buffer.from(await good[0].arrayBuffer()).subarray(0, 600), "broken.jpg");
    const bomb = file(claimedPng(50_000, 50_000), "bomb.png");
    const taskId = await begin([good[0], broken, bomb, good[1]]);
    expect((await watch(taskId)).at(-1)).toMatchObject({
      ...{ status: "completed", current: 4, total: 4 },
      result: { images: 2, unreadable: 2 },
    });
    const { results, problems, zip_url } = await resultsOf(taskId);
    expect(results.map(({ name }) => name)).toEqual(["first.jpg", "last.png"]);
    expect(problems).toEqual([
      { name: "broken.jpg", problem: "This image could not be read." },
      { name: "bomb.png", problem: "This image has 2500 megapixels. The limit is 50 megapixels." },
    ]);
    expect(readZip(await download(zip_url)).size).toBe(4);
    expect((await readdir(join(workbench.environment.DATA_DIR ?? "", "results", taskId))).length).toBe(6);
  });

  it("that is the only one and cannot be read fails its batch, with a reason", async () => {
    const taskId = await begin([file(claimedPng(50_000, 50_000), "bomb.png")]);
    expect((await watch(taskId)).at(-1)).toMatchObject({ status: "failed", error: { code: "nothing_converted" } });
  });
});

describe("a batch that is cancelled", () => {
  it("stops between two images, keeps what was made, and nothing of it goes on", async () => {
    const image = await makeImage("many.jpg", 240, 160);
    const taskId = await begin(Array.from({ length: 40 }, () => image));
    const seen = watch(taskId);
    await expect.poll(async () => (await resultsOf(taskId)).results.length).toBeGreaterThan(0);
    expect((await ada.post(`/api/tasks/${taskId}/cancel`, {})).status).toBe(200);
    const last = (await seen).at(-1);
    expect(last?.status).toBe("cancelled");
    expect(workbench.realtime.progress.counts()).toEqual({ queued: 0, running: 0 });
    const { results } = await resultsOf(taskId);
    expect(results.length).toBe(last?.current);
    expect(results.length).toBeLessThan(40);
    // Time for more images than one, had it gone on.
    await watch(await begin(Array.from({ length: 4 }, () => image)));
    expect((await resultsOf(taskId)).results.length).toBe(results.length);
    const folder = join(workbench.environment.DATA_DIR ?? "", "results", taskId);
    expect((await readdir(folder)).length).toBe(3 * results.length);
  });
});
