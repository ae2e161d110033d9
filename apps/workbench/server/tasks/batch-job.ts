import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Kysely } from "kysely";
import { cutText } from "../cut-text.ts";
import type { DataFolder } from "../data-folder.ts";
import type { ImageRow, WorkbenchTables } from "../database.ts";
import { type ConvertedImage, ImageProblem } from "../images/converted-image.ts";
import type { Converter } from "../images/converter.ts";
import { type Job, JobFailure } from "./job.ts";

/** Maximum characters of a task's step. */
const maxStep = 100;

/** The content of a finished image's row: the converted files, or the reason why there are none. */
export type ImageResult = ConvertedImage | { readonly problem: string };

/**
 * Converts the images of a batch, one after the other. Each result is stored before it is counted, so that a restart
 * resumes with the next image. An unreadable image is reported and skipped.
 */
export function createBatchJob(db: Kysely<WorkbenchTables>, folder: DataFolder, converter: Converter): Job {
  return async ({ taskId, signal, report }) => {
    const images = await db
      .selectFrom("workbench_image")
      .selectAll()
      .where("task_id", "=", taskId)
      .orderBy("position")
      .execute();
    const total = images.length;
    const results = images.map(readResult);
    let current = results.filter((result) => result !== undefined).length;

    for (const [index, image] of images.entries()) {
      if (results[index] !== undefined) continue;
      signal.throwIfAborted();
      await report({ current, total, step: cutText(`Converting ${image.name}`, maxStep) });
      results[index] = await convert(taskId, image, signal);
      await db
        .updateTable("workbench_image")
        .set({ result: JSON.stringify(results[index]) })
        .where("task_id", "=", taskId)
        .where("position", "=", image.position)
        .execute();
      current += 1;
      await report({ current, total });
    }
    signal.throwIfAborted();
    return summary(images, results);
  };

  async function convert(taskId: string, image: ImageRow, signal: AbortSignal): Promise<ImageResult> {
    const source = join(folder.uploads(taskId), image.file);
    if (!existsSync(source)) {
      throw new JobFailure("interrupted", `The uploaded file of ${image.name} is gone; please send the batch again.`);
    }
    try {
      const name = String(image.position).padStart(3, "0");
      return await converter.convert(source, folder.results(taskId), name, signal);
    } catch (error) {
      if (!(error instanceof ImageProblem)) throw error;
      return { problem: error.message };
    }
  }
}

export const readResult = ({ result }: ImageRow): ImageResult | undefined =>
  result === null ? undefined : (JSON.parse(result) as ImageResult);

function summary(images: readonly ImageRow[], results: readonly (ImageResult | undefined)[]): object {
  const converted = results.filter((result): result is ConvertedImage => result !== undefined && "outputs" in result);
  if (converted.length === 0) throw new JobFailure("nothing_converted", "None of the images could be converted.");
  const bytes = (format: string): number =>
    converted
      .flatMap(({ outputs }) => outputs)
      .reduce((sum, each) => sum + (each.format === format ? each.bytes : 0), 0);
  return {
    images: converted.length,
    unreadable: images.length - converted.length,
    bytes_before: images.reduce((sum, image) => sum + image.bytes, 0),
    bytes_avif: bytes("avif"),
    bytes_webp: bytes("webp"),
  };
}
