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

/** All images of a batch, and room for the part headers. */
const maxUploadBytes = (maxImages + 1) * maxImageBytes;

const practiceRequest = z.object({ kind: z.literal("practice"), input: practiceInput });

interface TaskRoutesOptions {
  readonly tasks: Tasks;
  readonly queue: TaskQueue;
  readonly progress: ProgressHub;
  /** Practice tasks are for experiments; production has none. */
  readonly practice: boolean;
  authorize(request: FastifyRequest): Promise<Principal>;
}

/** Routes that create, list, read and cancel tasks. */
export function taskRoutes(app: FastifyInstance, options: TaskRoutesOptions): void {
  const { tasks, queue, progress, authorize } = options;
  app.register(multipart, {
    limits: { files: maxImages, fileSize: maxImageBytes, fields: 4 },
    throwFileSizeLimit: false,
  });

  /** Authorises before the body is read: a request without a session must not upload in vain. */
  const owners = new WeakMap<FastifyRequest, Principal>();
  const identify = async (request: FastifyRequest): Promise<void> => {
    owners.set(request, await authorize(request));
    if (Number(request.headers["content-length"] ?? 0) <= maxUploadBytes) return;
    throw new UploadProblem("upload_too_large", `A batch has at most ${(maxImages * maxImageBytes) / 1024 ** 2} MB.`);
  };
  const ownerOf = (request: FastifyRequest): Principal => {
    const owner = owners.get(request);
    if (owner === undefined) throw new Refusal("session_missing");
    return owner;
  };

  app.post("/api/tasks", { onRequest: identify }, async (request, reply) => {
    const owner = ownerOf(request);
    const create = request.isMultipart() ? createBatch : createPractice;
    return reply.code(201).send(await tasks.admit(owner, () => create(request, owner)));
  });

  app.get("/api/tasks", async (request) => {
    const { userId } = await authorize(request);
    const { rows } = await progress.list({ ownerId: userId, limit: 100 });
    return { tasks: rows };
  });

  app.get<{ Params: { id: string } }>("/api/tasks/:id", async (request) => ({
    task: await ownTask(progress, request.params.id, await authorize(request)),
  }));

  app.post<{ Params: { id: string } }>("/api/tasks/:id/cancel", { onRequest: identify }, async (request) => {
    const { task_id } = await ownTask(progress, request.params.id, ownerOf(request), "unfinished");
    await queue.cancel({ task_id });
    return { task: await progress.get(task_id) };
  });

  async function createBatch(request: FastifyRequest, owner: Principal) {
    const { taskId, folder } = tasks.reserve();
    const { images, refused } = await receiveImages(request.files(), folder);
    const { task_id } = await tasks.createBatch(taskId, images, owner);
    return { task_id, refused };
  }

  async function createPractice(request: FastifyRequest, owner: Principal) {
    if (!options.practice) throw new UploadProblem("task_kind_unknown", "There are no practice tasks in production.");
    const parsed = practiceRequest.safeParse(request.body);
    if (!parsed.success) throw new Refusal("payload_invalid", { hint: z.prettifyError(parsed.error) });
    const { task_id } = await tasks.createPractice(parsed.data.input, owner);
    return { task_id };
  }
}
