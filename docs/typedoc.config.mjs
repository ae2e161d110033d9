// The API reference, from the doc comments of everything that the packages offer: `npm run docs:api`.
import { resolve } from "node:path";
import { Converter, ReflectionKind } from "typedoc";
import { entryPoints } from "../scripts/entry-points.ts";

const root = resolve(import.meta.dirname, "..");
const entries = entryPoints(root).map(({ name, source }) => ({ name, source: resolve(root, source) }));

/** A module is called as it is imported. */
function namesOfModules(app) {
  app.converter.on(Converter.EVENT_RESOLVE_BEGIN, ({ project }) => {
    for (const module of project.getReflectionsByKind(ReflectionKind.Module)) {
      const path = module.name.replace(/(\/index)?$/, "");
      const entry = entries.find(({ source }) => source.replace(/(\/index)?\.ts$/, "").endsWith(`/${path}`));
      if (entry === undefined) throw new Error(`${module.name} is no entry point of a package.`);
      module.name = entry.name;
    }
  });
}

export default {
  plugin: ["typedoc-plugin-markdown", namesOfModules],
  tsconfig: "tsconfig.json",
  entryPoints: entries.map(({ source }) => source),
  out: "api",
  router: "module",
  readme: "none",
  name: "API",
  entryFileName: "index",
  hideBreadcrumbs: true,
  hidePageHeader: true,
  disableSources: true,
  excludeExternals: true,
  excludePrivate: true,
  parametersFormat: "table",
  interfacePropertiesFormat: "table",
  typeDeclarationFormat: "table",
  useCodeBlocks: true,
  sanitizeComments: true,
  validation: false,
  logLevel: "Warn",
};
