/** The version in package.json, inserted by the build. */
declare const __WORKBENCH_VERSION__: string;

/** Style sheets, which the build extracts from the scripts that import them. */
declare module "*.css";
