import { defineConfig } from "vitest/config";

/** Tests run on the sources (package condition `source`), so that no build stands between a change and its test. */
export default defineConfig({
  resolve: { conditions: ["source"] },
  ssr: { resolve: { conditions: ["source"], externalConditions: ["node"] } },
  test: {
    testTimeout: 15_000,
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: [
            "packages/*/test/**/*.test.ts",
            "apps/*/test/**/*.test.ts",
            "tests/**/*.test.ts",
            "examples/*/test/**/*.test.ts",
          ],
        },
      },
      {
        extends: true,
        test: { name: "browser", include: ["apps/*/e2e/**/*.test.ts"], testTimeout: 60_000, fileParallelism: false },
      },
    ],
  },
});
