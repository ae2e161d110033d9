/** Serves the page that Vite has built, by the server of examples/html. */
import { fileURLToPath } from "node:url";
import { serve } from "../html/serve.ts";

serve({ "/": fileURLToPath(new URL("dist", import.meta.url)) });
