/**
 * The direction of imports, checked by `npm run layers` (docs/how-it-works.md). Folders of the server are listed from the
 * bottom up: an import goes down or stays, with no exception for a single file. Types count as imports. Cycles are Biome's to find (`noImportCycles`).
 */
const server = "^packages/server/src";
const folders = [
  "core",
  "config",
  "store",
  "http",
  "observability",
  "app",
  "security-log",
  "origin",
  "sessions",
  "limits",
  "socket-io",
  "tasks",
  "notifications",
  "rooms",
  "users",
  "admin",
  "http-api",
  "cluster",
  "bullmq",
];

const upward = folders.map((folder, index) => ({
  name: `${folder}-imports-upward`,
  severity: "error",
  from: { path: `${server}/${folder}/` },
  to: { path: `${server}/`, pathNot: folders.slice(0, index + 1).map((below) => `${server}/${below}/`) },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...upward,
    {
      name: "testing-is-for-tests",
      severity: "error",
      from: { path: `${server}/`, pathNot: `${server}/testing/` },
      to: { path: `${server}/testing/` },
    },
    {
      name: "socket-io-stays-below-its-folder",
      comment: "Everything else reaches connections through Sockets.",
      severity: "error",
      from: { path: `${server}/`, pathNot: `${server}/(socket-io|testing)/` },
      to: { path: "(^|node_modules/)(socket\\.io|engine\\.io|ws|socket\\.io-adapter|socket\\.io-parser)(/|$)" },
    },
    {
      name: "redis-stays-below-its-folder",
      severity: "error",
      from: { path: `${server}/`, pathNot: `${server}/(cluster/redis|bullmq)/` },
      to: { path: "(^|node_modules/)(ioredis|bullmq|@socket\\.io/redis-streams-adapter)(/|$)" },
    },
    {
      name: "no-source-imports-tests",
      severity: "error",
      from: { path: "^(packages|apps)/[^/]+/(src|server|browser)/" },
      to: { path: "/test/" },
    },
  ],
  options: {
    parser: "swc",
    tsPreCompilationDeps: true,
    exclude: { path: "^(apps|packages)/[^/]+/dist/|\\.tsx$" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: {
      extensions: [".ts", ".tsx", ".mjs", ".js"],
      conditionNames: ["@signalbox/source", "import", "types", "default"],
      exportsFields: ["exports"],
    },
  },
};
