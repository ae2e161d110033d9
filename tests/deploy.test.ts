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

/** Time that a server needs beyond the drain: for answers under way, storing, and leaving. */
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
  it("lets nginx look the nodes up again, because a container that is created again has another address", () => {
    const lines = read("deploy/nginx/upstream-in-docker.conf").split("\n");
    expect(lines).toContain("resolver 127.0.0.11 valid=5s;");
    const added = /^resolver |^ {2}zone |^# (A container|upstream-by)/;
    const rest = lines.filter((line) => !added.test(line)).map((line) => line.replace(":5000 resolve;", ":5000;"));
    // The rest is tried with a real nginx, which on Debian cannot resolve names again.
    expect(rest.join("\n")).toBe(read("deploy/nginx/upstream-by-cookie.conf"));
    expect(lines.filter((line) => /^ {2}server /.test(line)).every((line) => line.endsWith(" resolve;"))).toBe(true);
  });
  it("runs versions of Redis and PostgreSQL that are maintained, and keeps the data where their images have it", () => {
    expect(services.redis.image).toBe("redis:8");
    expect(services.postgres.image).toBe("postgres:18");
    expect(services.postgres.volumes).toEqual(["postgres:/var/lib/postgresql"]);
  });
  it("trusts nginx, and no other proxy", () => {
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
  it("has in both stages the long-term release of Node that the packages support", () => {
    const minimum = Number(/\d+/.exec(JSON.parse(read("package.json")).engines.node)?.[0]);
    const majors = [...text.matchAll(/^FROM node:(\d+)-slim\b/gm)].map(([, major]) => Number(major));
    expect(majors).toEqual([24, 24]);
    expect(minimum).toBeLessThanOrEqual(24);
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
  const objects = new Map(
    documents.map((each): [string, Yaml] => [`${each.get("kind")}/${each.getIn(["metadata", "name"])}`, each.toJS()]),
  );
  const of = (kind: string, name = "signalbox"): Yaml => objects.get(`${kind}/${name}`);
  const pod = of("Deployment").spec.template;
  const [container] = pod.spec.containers;
  const worker = of("Deployment", "signalbox-worker").spec.template;
  const pods: readonly [string, Yaml][] = [
    ["node", pod],
    ["worker", worker],
  ];
  const env = of("ConfigMap").data;

  it("is well-formed, and every value of the environment a text", () => {
    for (const { errors } of documents) expect(errors).toEqual([]);
    expect(objects.size).toBe(documents.length);
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
  it.each(["startupProbe", "livenessProbe", "readinessProbe"])("its %s asks a route that there is", async (probe) => {
    const { path, port } = container[probe].httpGet;
    expect(await statusOf(path)).toBe(200);
    expect(container.ports).toEqual([{ name: port, containerPort: Number(env.PORT) }]);
  });
  it("leaves a first start at least a minute before liveness is asked", () => {
    const { periodSeconds, failureThreshold } = container.startupProbe;
    expect(periodSeconds * failureThreshold).toBeGreaterThanOrEqual(60);
  });
  it("has a worker of the same image, environment and files, which runs a program that exists", () => {
    const [{ command, ...rest }] = worker.spec.containers;
    expect(command[0]).toBe("node");
    expect(existsSync(join(root, command[1].replace("/dist/", "/").replace(/\.js$/, ".ts")))).toBe(true);
    expect(rest).toMatchObject({ image: container.image, envFrom: container.envFrom });
    expect(rest.volumeMounts).toEqual(container.volumeMounts);
    expect(worker.spec.volumes).toEqual(pod.spec.volumes);
    expect(of("Deployment", "signalbox-worker").spec.selector.matchLabels).toEqual(worker.metadata.labels);
    expect(worker.metadata.labels).not.toEqual(pod.metadata.labels);
  });
  it.each(pods)("its %s has no more rights than it needs, and a limit of memory", (_name, { spec }) => {
    expect(spec).toMatchObject({
      automountServiceAccountToken: false,
      securityContext: { runAsNonRoot: true, runAsUser: 1000, seccompProfile: { type: "RuntimeDefault" } },
    });
    const [{ securityContext, resources, volumeMounts }] = spec.containers;
    expect(securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ["ALL"] },
    });
    expect(resources.limits.memory).toMatch(/^\d+[MG]i$/);
    // What is written lies on volumes: the root is read-only.
    const mounts = volumeMounts.map(({ mountPath }: { mountPath: string }) => mountPath);
    expect(mounts).toEqual([env.DATA_DIR, "/tmp"]);
    const volumes = spec.volumes.map(({ name }: { name: string }) => name);
    expect(volumeMounts.map(({ name }: { name: string }) => name)).toEqual(volumes);
    expect(spec.volumes[0].persistentVolumeClaim.claimName).toBe(
      of("PersistentVolumeClaim", "signalbox-data").metadata.name,
    );
  });
  it("keeps a node running while machines are maintained", () => {
    const { spec } = of("PodDisruptionBudget");
    expect(spec.selector.matchLabels).toEqual(pod.metadata.labels);
    expect(spec.minAvailable).toBeLessThan(of("Deployment").spec.replicas);
  });
  it("leads from the gateway to the pods, and keeps clients where they are", () => {
    const service = of("Service");
    const { parentRefs, hostnames, rules } = of("HTTPRoute").spec;
    const [{ backendRefs, sessionPersistence, timeouts }] = rules;
    const [listener] = of("Gateway").spec.listeners;
    expect(parentRefs).toEqual([{ name: of("Gateway").metadata.name }]);
    expect(hostnames).toEqual([listener.hostname]);
    expect(env.PUBLIC_URL).toBe(`https://${listener.hostname}`);
    expect(backendRefs).toEqual([{ name: service.metadata.name, port: service.spec.ports[0].port }]);
    expect(service.spec.ports[0].targetPort).toBe(container.ports[0].name);
    expect(service.spec.selector).toEqual(pod.metadata.labels);
    expect(of("Deployment").spec.selector.matchLabels).toEqual(pod.metadata.labels);
    expect(service.spec.sessionAffinity).toBe("ClientIP");
    expect(sessionPersistence).toMatchObject({ type: "Cookie", cookieConfig: { lifetimeType: "Session" } });
    // A WebSocket lasts longer than any limit.
    expect(timeouts.request).toBe("0s");
  });
  it("names no controller that is retired", () => {
    expect([...objects.keys()].filter((name) => name.startsWith("Ingress/"))).toEqual([]);
    expect(read("deploy/kubernetes.yml")).not.toContain("nginx.ingress");
  });
});
