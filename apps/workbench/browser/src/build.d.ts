/** The version in package.json, put in by the build. */
declare const __WORKBENCH_VERSION__: string;
