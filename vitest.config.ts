import { defineConfig } from "vitest/config";
import { LongestFirst } from "./scripts/longest-first.ts";

/** Tests that measure time, or turn the clock of a page while its server's goes on: few at a time. */
const timedTests = [
  "packages/client/test/{browser,sharing}/**/*.browser.test.ts",
  "packages/client/test/chaos/**/*.test.ts",
  "reliability/{faults,siege}/**/*.test.ts",
];

/**
 * Tests run on the sources (export condition `@signalbox/source`), so that no build stands between a change and its test.
 * No test is tried again: a test that passes the second time hides what failed the first time.
 */
export default defineConfig({
  resolve: { conditions: ["@signalbox/source"] },
  ssr: { resolve: { conditions: ["@signalbox/source"], externalConditions: ["node"] } },
  test: {
    testTimeout: 120_000,
    hookTimeout: 120_000,
    retry: 0,
    // Tests wait for conditions. The default of 1 s judges the machine, not the code.
    expect: { poll: { timeout: 10_000 } },
    // The test files of one worker share the modules that they load: loading them takes longer than most tests.
    isolate: false,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: "together",
          include: ["{packages,apps,examples}/*/{test,e2e}/**/*.test.ts", "{tests,bench,reliability}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "tests/frameworks/**", ...timedTests],
          // More than there are cores: most tests wait for a socket, a browser or a clock most of the time.
          maxWorkers: 5,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: { name: "timed", include: timedTests, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
