import { defineConfig } from "vite";

export default defineConfig({
  // In this repository the packages are read from their sources; installed ones need no conditions.
  resolve: { conditions: ["@signalbox/source", "module", "browser", "development|production"] },
  server: {
    proxy: { "/realtime": "http://localhost:5000", "/socket.io": { target: "http://localhost:5000", ws: true } },
  },
});
