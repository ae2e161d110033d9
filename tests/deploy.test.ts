/** The files in deploy/ are documentation: they are held to the settings, the routes and to each other. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { parse, parseAllDocuments } from "yaml";
import { workbenchSettings } from "../apps/workbench/server/settings.ts";
import { settings } from "../packages/server/src/config/settings.ts";
import { startTestServer } from "../packages/server/src/testing/index.ts";

// biome-ignore lint/suspicious/noExplicitAny: what is read is looked at field by field
type Yaml = any;

const root = join(import.meta.dirname, "..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Of several nodes; they are read beside the table. */
const enginesByUrl = ["REDIS_URL", "DATABASE_URL"];
const known = [
  ...Object.values({ ...settings, ...workbenchSettings }).map(({ env }) => env as string),
  ...enginesByUrl,
];

/** What a server needs beyond having been told to go: answers under way, storing, and leaving. */
const leaveSeconds = 10;

const expectPatience = (seconds: number, env: Record<string, string>): void =>
  expect(seconds).toBeGreaterThanOrEqual(
    Number(env.SIGNALBOX_DRAIN_DELAY) + Number(env.SIGNALBOX_DRAIN_WINDOW) + leaveSeconds,
  );

/** Asks a real server, as the orchestrator will. */
async function statusOf(path: string): Promise<number> {
  const server = await startTestServer();
  onTestFinished(() => server.close());
  return (await fetch(server.url + path)).status;
}

describe("docker-compose.yml", () => {
  const compose: Yaml = parse(read("deploy/docker-compose.yml"), { merge: true });
  const { services } = compose;
  const node = services["node-1"];

  it("has two nodes, a worker, and what they stand on", () => {
    expect(Object.keys(services)).toEqual(["node-1", "node-2", "worker", "nginx", "redis", "postgres"]);
    expect(services.worker.environment).toEqual(node.environment);
  });
  it("sets only what there is to set, and leaves time to drain", () => {
    for (const name of Object.keys(node.environment)) expect(known).toContain(name);
    expectPatience(Number.parseInt(node.stop_grace_period, 10), node.environment);
  });
  it("asks a route for the health that there is, on the port that is served", async () => {
    const [, port, path = ""] = /127\.0\.0\.1:(\d+)(\/\w+)/.exec(node.healthcheck.test.at(-1)) ?? [];
    expect(port).toBe(node.environment.PORT);
    expect(await statusOf(path)).toBe(200);
  });
  it("gives nginx files that exist, which name the nodes and their port", () => {
    const files = services.nginx.volumes.map((volume: string) => join("deploy", volume.split(":")[0] ?? ""));
    const text = files.map(read).join("\n");
    const servers = [...text.matchAll(/^\s+server (\S+):(\d+)/gm)].map(([, name, port]) => [name, port]);
    const { PORT } = node.environment;
    expect(servers).toEqual([
      ["node-1", PORT],
      ["node-2", PORT],
    ]);
    expect(services.nginx.ports[0].split(":")[1]).toBe(/listen (\d+)/.exec(text)?.[1]);
  });
  it("trusts nginx, and nobody else", () => {
    expect(node.environment.TRUST_PROXY).toBe(services.nginx.networks.default.ipv4_address);
  });
  it("depends on services and volumes that are there", () => {
    for (const each of Object.values<Yaml>(services)) {
      for (const name of Object.keys(each.depends_on ?? {})) expect(services[name]?.healthcheck, name).toBeDefined();
      for (const volume of each.volumes ?? []) {
        if (!volume.startsWith(".")) expect(Object.keys(compose.volumes)).toContain(volume.split(":")[0]);
      }
    }
    expect(
      existsSync(join(root, dirname("deploy/docker-compose.yml"), node.build.context, node.build.dockerfile)),
    ).toBe(true);
  });
});

describe("Dockerfile", () => {
  const text = read("deploy/Dockerfile");

  it("starts what is built from a source that exists, without a shell in between", () => {
    const [, command = ""] = /^CMD (\[.*\])$/m.exec(text) ?? [];
    const [node, file = ""] = JSON.parse(command) as string[];
    expect(node).toBe("node");
    expect(existsSync(join(root, file.replace("/dist/", "/").replace(/\.js$/, ".ts")))).toBe(true);
  });
  it("sets only what there is to set, and opens the port that it sets", () => {
    const [, line = ""] = /^ENV (.*)$/m.exec(text) ?? [];
    const env = Object.fromEntries(line.split(" ").map((pair) => pair.split("=")));
    for (const name of Object.keys(env)) expect(known).toContain(name);
    expect(text).toContain(`EXPOSE ${env.PORT}\n`);
  });
});

describe("kubernetes.yml", () => {
  const documents = parseAllDocuments(read("deploy/kubernetes.yml"));
  const objects = new Map(documents.map((each): [string, Yaml] => [each.get("kind") as string, each.toJS()]));
  const of = (kind: string): Yaml => objects.get(kind);
  const pod = of("Deployment").spec.template;
  const [container] = pod.spec.containers;
  const env = of("ConfigMap").data;

  it("is well-formed, and every value of the environment a text", () => {
    for (const { errors } of documents) expect(errors).toEqual([]);
    for (const value of Object.values({ ...env, ...of("Secret").stringData })) expect(value).toBeTypeOf("string");
  });
  it("sets only what there is to set, and keeps secrets out of the ConfigMap", () => {
    for (const name of [...Object.keys(env), ...Object.keys(of("Secret").stringData)]) expect(known).toContain(name);
    const secrets = Object.values(settings).flatMap(({ secret, env: name }) => (secret ? [name] : []));
    for (const name of [...secrets, ...enginesByUrl]) expect(env).not.toHaveProperty(name);
    const [config, secret] = container.envFrom;
    expect(config.configMapRef.name).toBe(of("ConfigMap").metadata.name);
    expect(secret.secretRef.name).toBe(of("Secret").metadata.name);
  });
  it("leaves time to drain, and to notice that readiness fails", () => {
    expectPatience(pod.spec.terminationGracePeriodSeconds, env);
    const { periodSeconds, failureThreshold } = container.readinessProbe;
    expect(Number(env.SIGNALBOX_DRAIN_DELAY)).toBeGreaterThan(periodSeconds * failureThreshold);
  });
  it.each(["livenessProbe", "readinessProbe"])("its %s asks a route that there is", async (probe) => {
    const { path, port } = container[probe].httpGet;
    expect(await statusOf(path)).toBe(200);
    expect(container.ports).toEqual([{ name: port, containerPort: Number(env.PORT) }]);
  });
  it("leads from the ingress to the pods, and keeps clients where they are", () => {
    const service = of("Service");
    const [{ backend }] = of("Ingress").spec.rules[0].http.paths;
    expect(backend.service).toEqual({ name: service.metadata.name, port: { name: service.spec.ports[0].name } });
    expect(service.spec.ports[0].targetPort).toBe(container.ports[0].name);
    expect(service.spec.selector).toEqual(pod.metadata.labels);
    expect(of("Deployment").spec.selector.matchLabels).toEqual(pod.metadata.labels);
    expect(service.spec.sessionAffinity).toBe("ClientIP");
    expect(of("Ingress").metadata.annotations["nginx.ingress.kubernetes.io/affinity"]).toBe("cookie");
    expect(pod.spec.volumes[0].persistentVolumeClaim.claimName).toBe(of("PersistentVolumeClaim").metadata.name);
  });
});
