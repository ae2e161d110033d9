import { refusals } from "@signalbox/protocol";
import { httpStatusOf, Refusal } from "@signalbox/server";
import type { FastifyError, FastifyInstance, FastifyReply } from "fastify";
import { UploadProblem } from "../images/upload-problem.ts";

/** Every error leaves as `{error: {code, category, message, …}}`: the form of a Signalbox refusal. */
export function answerErrors(app: FastifyInstance, exposeHints: boolean): void {
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    if (error instanceof Refusal) return sendRefusal(reply, error, exposeHints);
    if (error instanceof UploadProblem) return send(reply, error.status, error.code, error.message);
    const status = error.statusCode ?? 500;
    if (status < 500) return send(reply, status, "payload_invalid", refusals.payload_invalid.message);
    request.log.error({ err: error }, "A request failed.");
    return sendRefusal(reply, new Refusal("internal"), exposeHints);
  });
}

function sendRefusal(reply: FastifyReply, refusal: Refusal, exposeHints: boolean): FastifyReply {
  return reply.code(httpStatusOf(refusal.code)).send({ error: refusal.toMessage(exposeHints) });
}

function send(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).send({ error: { code, category: "request", message } });
}
