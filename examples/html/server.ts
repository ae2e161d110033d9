/** A page without a bundler: the browser loads the client's modules by an import map. */
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { serve } from "./serve.ts";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

serve({
  "/": here("public"),
  "/express/": here("../express/public"),
  // What `npm install @signalbox/client` brings; a deployment may copy these files to wherever its others are.
  "/modules/client/": here("../../packages/client/dist"),
  "/modules/protocol/": here("../../packages/protocol/dist"),
  "/modules/socket.io-client/": dirname(fileURLToPath(import.meta.resolve("socket.io-client/dist/socket.io.js"))),
});
