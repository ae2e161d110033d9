import { defineConfig } from "vitest/config";
import { BaseSequencer, type TestSpecification } from "vitest/node";
import whole from "../../vitest.config.ts";
import { areas } from "./areas.ts";

const { projects: _projects, ...test } = whole.test ?? {};
const tests = areas[process.env.MUTATION_AREA ?? ""]?.tests ?? [];

/** As the area names them: Vitest would begin with the slowest. */
class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const indexOf = ({ moduleId }: TestSpecification) => tests.findIndex((path) => moduleId.endsWith(path));
    return files.toSorted((a, b) => indexOf(a) - indexOf(b));
  }
}

/** The tests of the area that MUTATION_AREA names. What a mutant never lets happen is not waited for long. */
export default defineConfig({
  ...whole,
  test: {
    ...test,
    include: [...tests],
    sequence: { sequencer: InOrder },
    // Each mutant would otherwise import the server once for every file.
    isolate: false,
    testTimeout: 60_000,
    hookTimeout: 15_000,
    expect: { poll: { timeout: 5000 } },
  },
});
