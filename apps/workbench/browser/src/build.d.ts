/** The version in package.json, put in by the build. */
declare const __WORKBENCH_VERSION__: string;

/** Styles, which the build takes out of the scripts that import them. */
declare module "*.css";
