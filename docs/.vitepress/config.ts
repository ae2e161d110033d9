/** The pages of this repository as a site: `npm run docs:site`. Nothing is fetched from elsewhere, by the build or by a reader. */
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitepress";
import { siteLinks } from "./links.ts";
import { sidebar } from "./sidebar.ts";
import { slug } from "./slug.ts";

export default defineConfig({
  title: "Signalbox",
  description: "The secured real-time layer for TypeScript web applications.",
  lang: "en",
  // Pages stay where they are on GitHub, so that a relative link is right in both places.
  srcDir: "..",
  srcExclude: [
    "{apps,deploy,packages,reliability,scripts,tests,node_modules,data}/**",
    "docs/node_modules/**",
    "{bench,examples/*}/*/**/*.md",
  ],
  rewrites: (page) => page.replace(/(^|\/)README\.md$/, "$1index.md"),
  // Pages above this folder are compiled as well, and would look for Vue beside themselves.
  vite: {
    // The index of the search is one file, and is loaded when somebody searches.
    build: { chunkSizeWarningLimit: 3000 },
    resolve: {
      alias: [{ find: /^vue(?=$|\/)/, replacement: fileURLToPath(new URL("../node_modules/vue", import.meta.url)) }],
    },
  },
  markdown: { config: siteLinks as never, anchor: { slugify: slug } },
  themeConfig: {
    sidebar,
    search: { provider: "local" },
    outline: [2, 3],
    externalLinkIcon: true,
  },
});
