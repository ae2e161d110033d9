import { readFileSync } from "node:fs";
import { parseEnv } from "node:util";
import { UsageError } from "./exit-codes.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The settings of a file, as `node --env-file` reads one, or the environment of this process.
 * @throws UsageError when the file cannot be read
 */
export function readEnvironment(file: string | undefined, environment: Environment): Environment {
  return file === undefined ? environment : parseEnv(readText(file));
}

/** @throws UsageError when the file cannot be read */
export function readText(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new UsageError(`${file} cannot be read: ${(error as NodeJS.ErrnoException).code ?? error}.`);
  }
}
