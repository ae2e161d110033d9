import { defineConfig } from "vitest/config";

/** Walks through pages: each file has what it needs of its own, and waits for its browser more than for anything else. */
const pageTests = ["{apps,examples}/*/e2e/**/*.test.ts", "packages/*/test/status/**/*.browser.test.ts"];

const browserTests = ["packages/*/test/**/*.browser.test.ts"];

/** Tests that measure how long something takes: beside others they would measure the others. */
const aloneTests = [
  "packages/*/test/chaos/**/*.test.ts",
  "packages/*/test/**/limits.browser.test.ts",
  "reliability/{faults,siege}/**/*.test.ts",
];

const withBrowser = { testTimeout: 120_000, hookTimeout: 120_000 };

/**
 * Tests run on the sources (export condition `@signalbox/source`), so that no build stands between a change and its test.
 * No test is tried again: a test that passes the second time hides what failed the first time.
 */
export default defineConfig({
  resolve: { conditions: ["@signalbox/source"] },
  ssr: { resolve: { conditions: ["@signalbox/source"], externalConditions: ["node"] } },
  test: {
    testTimeout: 60_000,
    hookTimeout: 60_000,
    retry: 0,
    // Tests wait for conditions. The default of 1 s judges the machine, not the code.
    expect: { poll: { timeout: 10_000 } },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{packages,apps,examples}/*/test/**/*.test.ts", "{tests,bench,reliability}/**/*.test.ts"],
          exclude: ["**/node_modules/**", "tests/frameworks/**", ...pageTests, ...browserTests, ...aloneTests],
          ...{ maxWorkers: 2, sequence: { groupOrder: 0 } },
        },
      },
      {
        extends: true,
        test: { ...withBrowser, name: "pages", include: pageTests, maxWorkers: 2, sequence: { groupOrder: 1 } },
      },
      {
        extends: true,
        test: {
          ...withBrowser,
          ...{ name: "browser", include: browserTests, exclude: ["**/node_modules/**", ...pageTests, ...aloneTests] },
          ...{ fileParallelism: false, sequence: { groupOrder: 2 } },
        },
      },
      {
        extends: true,
        test: {
          ...withBrowser,
          name: "alone",
          include: aloneTests,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
