import { join } from "node:path";
import { type Manifest, readManifest } from "../packages/workspace.ts";

/** Dependencies that are installed together in one version each, and the tests that then run. */
export interface Subject {
  readonly name: string;
  /** Range by package, as a manifest or the documentation promises it. */
  readonly ranges: Readonly<Record<string, string>>;
  /** Test files or folders, for Vitest. */
  readonly tests: readonly string[];
}

const serverTests = "packages/server/test";

/** Which tests use a peer dependency. A peer without an entry has no business in the manifest. */
const peerTests: Readonly<Record<string, readonly string[]>> = {
  "@opentelemetry/api": ["operation"],
  bullmq: ["bullmq"],
  ioredis: ["cluster", "bullmq"],
  jose: ["auth/bearer.test.ts"],
  kysely: ["store", "notifications", "progress", "admin"],
  pg: ["store", "notifications"],
  "socket.io-client": ["testing", "contract"],
};

/** What the documentation promises beside the peer dependencies: packages that an application brings. */
const applicationParts: readonly Subject[] = [
  { name: "better-auth", ranges: { "better-auth": "^1.7.0" }, tests: ["auth/better-auth.test.ts"] },
  {
    name: "express-session",
    ranges: { "express-session": "^1.17.0" },
    tests: ["auth/express-session.test.ts", "auth/rolling.test.ts", "auth/passport.test.ts"],
  },
  { name: "@fastify/session", ranges: { "@fastify/session": "^11.0.0" }, tests: ["auth/fastify-session.test.ts"] },
  { name: "connect-redis", ranges: { "connect-redis": "^9.0.0" }, tests: ["auth/rolling.test.ts"] },
  { name: "express", ranges: { express: "^4.17.0 || ^5.0.0" }, tests: ["auth/express-session.test.ts", "documented"] },
  { name: "fastify", ranges: { fastify: "^5.0.0" }, tests: ["auth/fastify-session.test.ts"] },
];

/** Everything that `npm run compat` tries, read from the server's manifest. */
export function readSubjects(root: string): Subject[] {
  const { dependencies = {}, peerDependencies = {} } = readManifest(join(root, "packages/server")) as Manifest & {
    peerDependencies?: Record<string, string>;
  };
  const runtime = Object.entries(dependencies).filter(([name]) => !name.startsWith("@signalbox/"));
  const peers = Object.entries(peerDependencies).map(([name, range]) => {
    const tests = peerTests[name];
    if (tests === undefined)
      throw new Error(`${name} is a peer dependency without tests in scripts/compat/subjects.ts.`);
    return { name, ranges: { [name]: range }, tests };
  });
  const inServer = ({ tests, ...subject }: Subject): Subject => ({
    ...subject,
    tests: tests.map((path) => join(serverTests, path)),
  });
  return [
    { name: "all runtime dependencies", ranges: Object.fromEntries(runtime), tests: [serverTests] },
    ...[...peers, ...applicationParts].map(inServer),
  ];
}
