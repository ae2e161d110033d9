import { build } from "vite";

/** A page's script as one module, made from the sources. */
export async function bundlePage(entry: string): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: "silent",
    resolve: { conditions: ["@signalbox/source", "browser", "module", "production"] },
    build: { write: false, minify: false, target: "es2024", lib: { entry, formats: ["es"], fileName: "page" } },
  });
  const [output] = [result].flat();
  if (output === undefined || !("output" in output)) throw new Error("Nothing was built.");
  return output.output[0].code;
}
