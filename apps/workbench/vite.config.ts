import preact from "@preact/preset-vite";
import { defineConfig } from "vite";
import manifest from "./package.json" with { type: "json" };

/** Where the server listens while `vite` serves the pages. */
const server = "http://localhost:5000";

export default defineConfig({
  root: new URL("browser", import.meta.url).pathname,
  plugins: [preact()],
  define: { __WORKBENCH_VERSION__: JSON.stringify(manifest.version) },
  // @signalbox/protocol is read from its sources, so that no other build comes before this one.
  resolve: { conditions: ["@signalbox/source", "module", "browser", "development|production"] },
  build: {
    outDir: "../dist/browser",
    emptyOutDir: true,
    // The content security policy allows files of the own origin only: nothing may be inlined as a data address.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: {
    proxy: { "/api": server, "/realtime": server, "/socket.io": { target: server, ws: true } },
  },
});
