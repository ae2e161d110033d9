/**
 * Hostile cases, D: every limit of every schema, and one value beyond it. The limits are read from the schemas
 * themselves: a new limit is tested without a change here, and a text or list without a limit fails.
 */
import { setTimeout as sleep } from "node:timers/promises";
import type { RefusalCode, SecurityEventType } from "@signalbox/protocol";
import { adminSchemas, handshakeAuthSchema, legacySchemas, userSchemas } from "@signalbox/protocol/schemas";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { securityTypeOf } from "../../src/security-log/refusal-events.ts";
import { refusalOf, type TestClient, type Transport, transports } from "../../src/testing/index.ts";
import { setScene } from "./scene.ts";

/** What JSON Schema says about a value (draft 2020-12), as far as these schemas use it. */
interface Shape {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly properties?: Readonly<Record<string, Shape>>;
  readonly required?: readonly string[];
  readonly items?: Shape;
  readonly anyOf?: readonly Shape[];
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly maxItems?: number;
  readonly minimum?: number;
  readonly maximum?: number;
}

/** A value at one of its limits, and whether it is still within. */
interface Probe {
  readonly what: string;
  readonly value: unknown;
  readonly isWithin: boolean;
}

const shapeOf = (schema: z.ZodType): Shape => z.toJSONSchema(schema, { io: "input" }) as Shape;

/** The smallest value that the shape accepts. */
function plain(shape: Shape): unknown {
  if (shape.type === "object") {
    return Object.fromEntries((shape.required ?? []).map((key) => [key, plain(shape.properties?.[key] ?? {})]));
  }
  if (shape.type === "array") return [];
  if (shape.enum !== undefined) return shape.enum[0];
  if (shape.type === "string") return "x".repeat(Math.max(1, shape.minLength ?? 0));
  return Math.max(0, shape.minimum ?? 0);
}

/** All probes of a shape: each changes one value, and leaves all others minimal. */
function probesOf(shape: Shape, path: string): Probe[] {
  const { type, minLength, maxLength, maxItems, minimum, maximum } = shape;
  const probe = (what: string, value: unknown, isWithin: boolean): Probe => ({
    what: `${path} ${what}`,
    value,
    isWithin,
  });
  const [given, nothing, ...more] = shape.anyOf ?? [];
  if (given !== undefined && nothing?.type === "null" && more.length === 0) {
    return [probe("that is null", null, true), ...probesOf(given, path)];
  }
  if (shape.enum !== undefined) {
    const words = shape.enum.map((word) => probe(`that is ${word}`, word, true));
    return [...words, probe("that is none of its words", `${shape.enum[0]}x`, false), probe("empty", "", false)];
  }
  if (type === "string") {
    if (maxLength === undefined) throw new Error(`${path} is a text without a limit.`);
    const shortest = minLength === undefined ? [] : [probe(`of ${minLength - 1}`, "x".repeat(minLength - 1), false)];
    return [
      probe(`of ${maxLength}`, "x".repeat(maxLength), true),
      probe(`of ${maxLength + 1}`, "x".repeat(maxLength + 1), false),
      ...shortest,
    ];
  }
  if (type === "integer") {
    const edges = [probe("at its least", minimum, true), probe("at its most", maximum, true)];
    return [...edges, probe("below", (minimum ?? 0) - 1, false), probe("above", (maximum ?? 0) + 1, false)];
  }
  if (type === "boolean") return [probe("that is true", true, true), probe("that is a word", "true", false)];
  if (type === "array") {
    if (maxItems === undefined) throw new Error(`${path} is a list without a limit.`);
    const items = (count: number) => Array.from({ length: count }, () => plain(shape.items ?? {}));
    const inside = probesOf(shape.items ?? {}, `${path}[]`).map((each) => ({ ...each, value: [each.value] }));
    return [
      probe(`of ${maxItems}`, items(maxItems), true),
      probe(`of ${maxItems + 1}`, items(maxItems + 1), false),
      ...inside,
    ];
  }
  if (type !== "object") throw new Error(`${path} is of a kind that this test does not know: ${type}.`);
  return Object.entries(shape.properties ?? {}).flatMap(([key, inner]) =>
    probesOf(inner, `${path}.${key}`).map((each) => ({
      ...each,
      value: { ...(plain(shape) as object), [key]: each.value },
    })),
  );
}

/** The bounds of these are not plain numbers: they have their own cases, in test/notifications and test/admin. */
const { admin_notification: _notice, add_block: _block, ...plainAdminSchemas } = adminSchemas;
const schemas = { "/": { ...userSchemas, ...legacySchemas }, "/admin": plainAdminSchemas } as const;

/** Requests of administrators that are audited before they are carried out. */
const audited: ReadonlySet<string> = new Set([
  "/admin disconnect_user",
  "/admin revoke_session",
  "/admin cancel_task",
  "/admin lift_block",
]);

/** Less than the number of refusals in a second for which a connection is closed. */
const perSecond = 45;

/**
 * Sends each probe, and compares: beyond a limit the answer is `payload_invalid`, within it anything else.
 * @returns the security events that this causes
 */
async function tryAll(
  client: TestClient,
  namespace: "/" | "/admin",
): Promise<Partial<Record<SecurityEventType, number>>> {
  const events: Readonly<Record<string, z.ZodType>> = schemas[namespace];
  const probes = Object.entries(events).flatMap(([event, schema]) =>
    probesOf(shapeOf(schema), event).map((probe) => ({ event, ...probe })),
  );
  expect(probes.length).toBeGreaterThan(10);
  const answers: { error?: { code: RefusalCode } }[] = [];
  for (let start = 0; start < probes.length; start += perSecond) {
    if (start > 0) await sleep(1100);
    const some = probes.slice(start, start + perSecond);
    answers.push(...(await Promise.all(some.map(({ event, value }) => client.request(event, value)))));
  }
  const judged = answers.map(({ error }, index) => `${probes[index]?.what}: ${error?.code !== "payload_invalid"}`);
  expect(judged).toEqual(probes.map(({ what, isWithin }) => `${what}: ${isWithin}`));
  const made: Partial<Record<SecurityEventType, number>> = {};
  const count = (type: SecurityEventType | undefined): void => {
    if (type !== undefined) made[type] = (made[type] ?? 0) + 1;
  };
  for (const { error } of answers) if (error !== undefined) count(securityTypeOf(error.code));
  for (const { event, isWithin } of probes) if (isWithin && audited.has(`${namespace} ${event}`)) count("admin_action");
  return made;
}

describe.each(transports)("over %s", (transport: Transport) => {
  it.each(["/", "/admin"] as const)(
    "every text, list and number of a request on %s is bounded where its schema says",
    async (namespace) => {
      const scene = await setScene({ env: { SOCKETIO_RATE_LIMITING: "false" } });
      const client = await scene.client(transport, "root", namespace, "admin");
      await scene.expectUnharmed(await tryAll(client, namespace));
      expect(client.socket.connected).toBe(true);
    },
  );

  it("every text and list of a handshake is bounded where its schema says", async () => {
    const scene = await setScene();
    const { url, sessions } = scene.server;
    const { cookie } = sessions.signIn({ userId: "mallory" });
    const probes = probesOf(shapeOf(handshakeAuthSchema), "auth");
    expect(probes.length).toBeGreaterThan(8);
    for (const { what, value, isWithin } of probes) {
      const { code } = await refusalOf(url, { transport, cookie, auth: value as Record<string, unknown> });
      expect(`${what}: ${code}`).toBe(`${what}: ${isWithin ? codeWithin(value) : "payload_invalid"}`);
    }
    const beyond = probes.filter(({ isWithin }) => !isWithin).length;
    const withToken = probes.filter(
      ({ value, isWithin }) => isWithin && codeWithin(value) === "session_invalid",
    ).length;
    await scene.expectUnharmed({
      payload_invalid: beyond,
      auth_failed: withToken,
      csrf_failed: probes.length - beyond - withToken,
    });
  });
});

/**
 * The refusal of a handshake within the limits: it has no token of this session's, and a made-up one opens no session.
 */
const codeWithin = (auth: unknown): string =>
  (auth as { token?: string | null }).token ? "session_invalid" : "csrf_invalid";
