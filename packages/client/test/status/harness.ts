/** The element as a page has it: bundled, served under a strict Content Security Policy, in a real Chromium. */
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

/** JavaScript under its file name; what is loaded on demand is a file of its own. */
export interface Bundle {
  readonly entry: string;
  readonly files: Readonly<Record<string, string>>;
}

/** @param shared - modules of the client that are there anyway and are not counted */
export async function bundle(entry: string, shared: RegExp[] = []): Promise<Bundle> {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    root: path("."),
    build: {
      write: false,
      minify: "oxc",
      target: "es2022",
      lib: { entry: path(entry), formats: ["es"], fileName: "page" },
      rolldownOptions: { external: shared },
    },
  });
  const [output] = [result].flat();
  if (output === undefined || !("output" in output)) throw new Error("Nothing was built.");
  const files = output.output.map((file) => [file.fileName, "code" in file ? file.code : ""] as const);
  return { entry: output.output[0].code, files: Object.fromEntries(files) };
}

const page = (script: string, style: string): string => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width">
    <title>Connection status</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${style}">
    <script type="module" src="${script}"></script>
  </head>
  <body>
    <main id="page">
      <h1 class="hidden">Connection status</h1>
      <connection-status></connection-status>
    </main>
  </body>
</html>`;

const style = `
  :root { color-scheme: light dark; font: 16px/1.5 system-ui, sans-serif }
  body { margin: 0; background: light-dark(#f4f5f7, #0f1216); color: light-dark(#1a2027, #e8ebef) }
  main { padding: 1rem }
  .hidden { position: absolute; width: 1px; height: 1px; margin: 0; overflow: hidden; clip-path: inset(50%) }
`;

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src data:",
  "form-action 'none'",
  "base-uri 'none'",
  "require-trusted-types-for 'script'",
].join("; ");

export interface Site {
  readonly url: string;
  close(): Promise<void>;
}

export async function serve(scripts: Bundle): Promise<Site> {
  const files: Record<string, readonly [type: string, body: string]> = {
    "/": ["text/html; charset=utf-8", page("/page.js", "/page.css")],
    "/page.css": ["text/css; charset=utf-8", style],
  };
  for (const [name, code] of Object.entries(scripts.files))
    files[`/${name}`] = ["text/javascript; charset=utf-8", code];
  const server: Server = createServer(({ url = "" }, response) => {
    const file = files[url.replace(/\?.*/, "")];
    if (file === undefined) return response.writeHead(404).end();
    return response.writeHead(200, { "content-type": file[0], "content-security-policy": policy }).end(file[1]);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
