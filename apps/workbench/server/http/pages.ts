import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance } from "fastify";

/** Output folders of the page build; this file runs from the sources or from dist/server/http. */
const candidates = ["../../browser", "../../dist/browser"].map((path) => fileURLToPath(new URL(path, import.meta.url)));

/** Below these paths a page would be a wrong response that looks like a right one. */
const noPages = ["/api/", "/realtime/", "/socket.io/", "/assets/"];

/** Serves the pages. Every path that is neither a file nor an API belongs to the application and gets its page. */
export function pages(app: FastifyInstance): void {
  const root = candidates.find((path) => existsSync(join(path, "assets")));
  if (root !== undefined) {
    app.register(fastifyStatic, {
      root,
      cacheControl: false,
      setHeaders(reply, path) {
        // Assets have a content hash in their name and never change; the page that refers to them must be fresh.
        const forever = path.includes("/assets/");
        reply.header("cache-control", forever ? "public, max-age=31536000, immutable" : "no-cache");
      },
    });
  }
  app.setNotFoundHandler((request, reply) => {
    const path = `${request.url.split("?", 1)[0]}/`;
    const isRead = request.method === "GET" || request.method === "HEAD";
    const wantsPage = isRead && !noPages.some((each) => path.startsWith(each));
    if (wantsPage && root !== undefined) return reply.sendFile("index.html");
    const message = "Nothing is found at this address.";
    return reply.code(404).send({ error: { code: "not_found", category: "request", message } });
  });
}
