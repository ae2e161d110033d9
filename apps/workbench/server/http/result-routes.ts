import { createReadStream, type ReadStream } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { type Principal, type ProgressHub, Refusal } from "@signalbox/server";
import type { FastifyInstance, FastifyRequest } from "fastify";
import type { Kysely } from "kysely";
import { ZipFile } from "yazl";
import type { DataFolder } from "../data-folder.ts";
import type { ImageRow, WorkbenchTables } from "../database.ts";
import type { Output } from "../images/converted-image.ts";
import { readResult } from "../tasks/batch-job.ts";
import { contentDisposition, stemOf } from "./file-names.ts";
import { ownTask } from "./own-task.ts";

interface ResultRoutesOptions {
  readonly db: Kysely<WorkbenchTables>;
  readonly folder: DataFolder;
  readonly progress: ProgressHub;
  authorize(request: FastifyRequest): Promise<Principal>;
}

interface FileRequest {
  Params: { id: string; file: string };
  Querystring: { download?: string };
}

type TaskRequest = FastifyRequest<{ Params: { id: string } }>;

/** An image of a batch with its converted files. */
interface FinishedImage {
  readonly image: ImageRow;
  readonly width: number;
  readonly height: number;
  readonly outputs: readonly Output[];
}

interface BatchSoFar {
  readonly taskId: string;
  readonly finished: readonly FinishedImage[];
  /** Images that could not be converted, each with the reason as a sentence. */
  readonly problems: readonly { readonly name: string; readonly problem: string }[];
}

/** The converted images of a batch so far: as a list, one by one, and all in one zip. */
export function resultRoutes(app: FastifyInstance, { db, folder, progress, authorize }: ResultRoutesOptions): void {
  app.get("/api/tasks/:id/results", async (request: TaskRequest) => {
    const { taskId, finished, problems } = await read(request);
    const base = `/api/tasks/${taskId}/results`;
    const results = finished.map(({ image: { name, bytes }, width, height, outputs }) => ({
      ...{ name, bytes, width, height },
      outputs: outputs.map(({ file, ...output }) => ({ ...output, url: `${base}/${file}` })),
    }));
    return { results, problems, zip_url: `${base}.zip` };
  });

  app.get("/api/tasks/:id/results/:file", async (request: FastifyRequest<FileRequest>, reply) => {
    const { taskId, finished } = await read(request);
    // Looked up among the known files: a name from a URL never becomes a path.
    const files = finished.flatMap(({ image, outputs }) => outputs.map((output) => ({ image, output })));
    const found = files.find(({ output }) => output.file === request.params.file);
    if (found === undefined) throw new Refusal("task_not_found");
    const { image, output } = found;
    const extension = output.format === "avif" ? "avif" : "webp";
    // A browser may cache the image, but revalidates it on every use: the session may have ended.
    const etag = `"${taskId}.${output.file}.${output.bytes}"`;
    reply
      .header("cache-control", "private, no-cache")
      .header("etag", etag)
      .header(
        "content-disposition",
        contentDisposition(
          request.query.download === undefined ? "inline" : "attachment",
          `${stemOf(image.name)}.${extension}`,
        ),
      );
    if (isSame(request.headers["if-none-match"], etag)) return reply.code(304).send();
    return reply
      .type(`image/${extension}`)
      .header("content-length", output.bytes)
      .send(createReadStream(join(folder.results(taskId), output.file)));
  });

  app.get("/api/tasks/:id/results.zip", async (request: TaskRequest, reply) => {
    const { taskId, finished } = await read(request);
    const zip = new ZipFile();
    const packed = zip.outputStream as Readable;
    let source: ReadStream | undefined;
    const fail = (error: Error): void => void packed.destroy(error);
    zip.on("error", fail);
    // A client that disconnects in the middle would otherwise leave a file open.
    packed.once("close", () => source?.destroy());
    for (const { image, outputs } of finished) {
      const number = String(image.position + 1).padStart(3, "0");
      const stem = stemOf(image.name);
      for (const { format, file } of outputs) {
        if (format === "thumbnail") continue;
        // Images do not shrink when they are compressed again.
        zip.addReadStreamLazy(`${number} ${stem}.${format}`, { compress: false }, (add) => {
          source = createReadStream(join(folder.results(taskId), file)).on("error", fail);
          add(null, source);
        });
      }
    }
    zip.end();
    return reply
      .type("application/zip")
      .header("content-disposition", `attachment; filename="images-${taskId.slice(0, 8)}.zip"`)
      .send(packed);
  });

  async function read(request: TaskRequest): Promise<BatchSoFar> {
    const { task_id } = await ownTask(progress, request.params.id, await authorize(request));
    const rows = await db
      .selectFrom("workbench_image")
      .selectAll()
      .where("task_id", "=", task_id)
      .orderBy("position")
      .execute();
    const finished: FinishedImage[] = [];
    const problems: BatchSoFar["problems"][number][] = [];
    for (const image of rows) {
      const result = readResult(image);
      if (result === undefined) continue;
      if ("outputs" in result) finished.push({ image, ...result });
      else problems.push({ name: image.name, problem: result.problem });
    }
    return { taskId: task_id, finished, problems };
  }
}

/** If-None-Match (RFC 9110 section 13.1.2): a list of tags, which a compressing proxy may have marked as weak. */
const isSame = (sent: string | undefined, etag: string): boolean =>
  (sent ?? "").split(",").some((each) => each.trim().replace(/^W\//, "") === etag);
