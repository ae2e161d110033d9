import vue from "@vitejs/plugin-vue";
import { defineConfig } from "vite";

const port = Number(process.env.PORT);

export default defineConfig({
  server: { port, strictPort: true },
  preview: { port, strictPort: true },
  plugins: [vue({ template: { compilerOptions: { isCustomElement: (tag) => tag === "connection-status" } } })],
});
