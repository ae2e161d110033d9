import multipart from "@fastify/multipart";
import { type Principal, type ProgressHub, Refusal } from "@signalbox/server";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { maxImageBytes, maxImages, receiveImages } from "../images/receive-images.ts";
import { UploadProblem } from "../images/upload-problem.ts";
import { practiceInput } from "../tasks/practice-job.ts";
import type { TaskQueue } from "../tasks/task-queue.ts";
import type { Tasks } from "../tasks/tasks.ts";
import { ownTask } from "./own-task.ts";

const practiceRequest = z.object({ kind: z.literal("practice"), input: practiceInput });

interface TaskRoutesOptions {
  readonly tasks: Tasks;
  readonly queue: TaskQueue;
  readonly progress: ProgressHub;
  /** Practice tasks are for trying out; in production there are none. */
  readonly practice: boolean;
  authorize(request: FastifyRequest): Promise<Principal>;
}

/** Making, listing, reading and cancelling tasks. */
export function taskRoutes(app: FastifyInstance, options: TaskRoutesOptions): void {
  const { tasks, queue, progress, authorize } = options;
  app.register(multipart, {
    limits: { files: maxImages, fileSize: maxImageBytes, fields: 4 },
    throwFileSizeLimit: false,
  });

  app.post("/api/tasks", async (request, reply) => {
    const owner = await authorize(request);
    const create = request.isMultipart() ? createBatch : createPractice;
    const { task_id } = await tasks.admit(owner, () => create(request, owner));
    return reply.code(201).send({ task_id });
  });

  app.get("/api/tasks", async (request) => {
    const { userId } = await authorize(request);
    const { rows } = await progress.list({ ownerId: userId, limit: 100 });
    return { tasks: rows };
  });

  app.get<{ Params: { id: string } }>("/api/tasks/:id", async (request) => ({
    task: await ownTask(progress, request.params.id, await authorize(request)),
  }));

  app.post<{ Params: { id: string } }>("/api/tasks/:id/cancel", async (request) => {
    const { task_id } = await ownTask(progress, request.params.id, await authorize(request), "unfinished");
    await queue.cancel({ task_id });
    return { task: await progress.get(task_id) };
  });

  async function createBatch(request: FastifyRequest, owner: Principal) {
    const { taskId, folder } = tasks.reserve();
    const images = await receiveImages(request.files(), folder);
    return tasks.createBatch(taskId, images, owner);
  }

  async function createPractice(request: FastifyRequest, owner: Principal) {
    if (!options.practice) throw new UploadProblem("task_kind_unknown", "There are no practice tasks in production.");
    const parsed = practiceRequest.safeParse(request.body);
    if (!parsed.success) throw new Refusal("payload_invalid", { hint: z.prettifyError(parsed.error) });
    return tasks.createPractice(parsed.data.input, owner);
  }
}
