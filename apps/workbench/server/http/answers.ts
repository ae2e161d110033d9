import { refusals } from "@signalbox/protocol";
import { httpStatusOf, type Log, Refusal } from "@signalbox/server";
import type { FastifyError, FastifyReply, FastifyRequest } from "fastify";
import { UploadProblem } from "../images/upload-problem.ts";

/** Every error is sent as `{error: {code, category, message, …}}`, the form of a Signalbox refusal. */
export function errorAnswers(log: Log, exposeHints: boolean) {
  return (error: FastifyError, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    if (error instanceof Refusal) return sendRefusal(reply, error, exposeHints);
    if (error instanceof UploadProblem) return sendProblem(reply, error);
    const status = error.statusCode ?? 500;
    const code = status === 413 ? "payload_too_large" : "payload_invalid";
    if (status < 500) return send(reply, status, code, refusals[code].message);
    log.error({ err: error, method: request.method, url: request.url }, "A request failed.");
    return sendRefusal(reply, new Refusal("internal"), exposeHints);
  };
}

function sendRefusal(reply: FastifyReply, refusal: Refusal, exposeHints: boolean): FastifyReply {
  return reply.code(httpStatusOf(refusal.code)).send({ error: refusal.toMessage(exposeHints) });
}

/** Lists each refused image, if the upload contained any. */
function sendProblem(reply: FastifyReply, { status, code, message, refused }: UploadProblem): FastifyReply {
  const error = { code, category: "request", message };
  return reply.code(status).send(refused.length === 0 ? { error } : { error, refused });
}

function send(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, category: "request", message } });
}
