/**
 * Hostile cases, D: events that can be read and should not have been sent. The sender gets an answer, and keeps the
 * connection.
 */
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { defineNamespace, request } from "../../src/socket-io/namespaces/define-namespace.ts";
import { transports } from "../../src/testing/index.ts";
import { type Scene, setScene } from "./scene.ts";
import type { Wire } from "./wire.ts";

/** The property that every object would have if one of these packets had reached the prototype of all objects. */
const polluted = (): unknown => Reflect.get({}, "polluted");

const answerTo = async (wire: Wire, id: number): Promise<string> => wire.next(`43${id}[`);

/** A namespace that an application defines, whose schema accepts everything. */
function openNamespace({ server }: Scene, requests: Parameters<typeof defineNamespace>[0]["requests"]): unknown[] {
  const handled: unknown[] = [];
  const take = request(z.any(), (payload) => {
    handled.push(payload);
    return {};
  });
  server.realtime.namespace(defineNamespace({ path: "/own", access: "user", requests: { ...requests, take } }));
  return handled;
}

describe.each(transports)("over %s", (transport) => {
  it.each([
    [
      "at once",
      () => {
        throw new Error("broken");
      },
    ],
    [
      "later",
      async () => {
        await Promise.resolve();
        throw new Error("broken");
      },
    ],
    [
      "what is no error",
      () => {
        throw null;
      },
    ],
  ])("a handler that throws %s answers `internal`, and the connection is kept", async (_when, run) => {
    const scene = await setScene();
    openNamespace(scene, { fail: request(z.any(), run) });
    const wire = await scene.wire(transport, "/own");
    wire.send('42/own,1["fail",{}]', '42/own,["fail",{}]');
    expect(await wire.next("43/own,1[")).toContain('"code":"internal"');
    expect(await wire.next('42/own,["error"')).toContain('"code":"internal"');
    wire.send('42/own,2["take",{}]');
    expect(await wire.next("43/own,2[")).toBe('43/own,2[{"ok":true}]');
    // The same fault twice is one line of the log.
    await scene.expectUnharmed({}, 1);
  });

  it("an answer that cannot be written as JSON is `internal` as well", async () => {
    const scene = await setScene();
    const circle: Record<string, unknown> = {};
    circle.self = circle;
    openNamespace(scene, { circle: request(z.any(), () => circle), big: request(z.any(), () => ({ n: 1n })) });
    const wire = await scene.wire(transport, "/own");
    wire.send('42/own,1["circle",{}]', '42/own,2["big",{}]');
    expect(await wire.next("43/own,1[")).toContain('"code":"internal"');
    expect(await wire.next("43/own,2[")).toContain('"code":"internal"');
    expect(wire.isOpen()).toBe(true);
    await scene.expectUnharmed({}, 2);
  });

  it("an odd event name is `event_unknown`", async () => {
    const scene = await setScene();
    const wire = await scene.wire(transport);
    const names = [
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "",
      "message",
      "join_task\0",
      "JOIN_TASK",
      "\u202e",
      "x".repeat(10_000),
      5,
      -0,
      1e21,
    ];
    wire.send(...names.map((name, id) => `42${id}${JSON.stringify([name, {}])}`));
    for (const id of names.keys()) expect(await answerTo(wire, id)).toContain('"code":"event_unknown"');
    expect(wire.isOpen()).toBe(true);
    await scene.expectUnharmed({ event_unknown: names.length });
  });

  it('["error"] in every shape is an event like any other', async () => {
    const scene = await setScene();
    const wire = await scene.wire(transport);
    const shapes = [
      "",
      ",null",
      ",[]",
      ",{}",
      ',"text"',
      ",0",
      ',{"message":null}',
      ",[[]],{},null",
      ',{"stack":1,"toString":1}',
    ];
    wire.send(...shapes.map((rest, id) => `42${id}["error"${rest}]`), ...shapes.map((rest) => `42["error"${rest}]`));
    for (const id of shapes.keys()) expect(await answerTo(wire, id)).toContain('"code":"event_unknown"');
    expect(wire.isOpen()).toBe(true);
    await scene.expectUnharmed({ event_unknown: shapes.length * 2 });
  });

  it("`__proto__` and `constructor.prototype` are refused as keys, whatever the schema lets through", async () => {
    const scene = await setScene();
    const handled = openNamespace(scene, {});
    const wire = await scene.wire(transport, "/own");
    const payloads = [
      '{"__proto__":{"polluted":1}}',
      '{"\\u005f_proto__":{"polluted":1}}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{"a":[{"b":{"__proto__":{"polluted":1}}}]}',
      '[{"constructor":{"prototype":null}}]',
      '{"__proto__":null}',
    ];
    wire.send(...payloads.map((payload, id) => `42/own,${id}["take",${payload}]`));
    for (const id of payloads.keys()) expect(await wire.next(`43/own,${id}[`)).toContain('"code":"payload_invalid"');
    expect(handled).toEqual([]);
    const harmless = '{"constructor":"a name","prototype":1,"proto":{"constructor":null}}';
    wire.send(`42/own,9["take",${harmless}]`);
    expect(await wire.next("43/own,9[")).toContain('"ok":true');
    expect(handled).toEqual([JSON.parse(harmless)]);
    expect(polluted()).toBeUndefined();
    await scene.expectUnharmed({ payload_invalid: payloads.length });
  });

  it("nesting 30,000 deep in 64 KB is `payload_invalid`", async () => {
    const scene = await setScene();
    const wire = await scene.wire(transport);
    const deep = (open: string, close: string) => `${open.repeat(30_000)}${close.repeat(open === "[" ? 30_000 : 0)}`;
    wire.send(
      `421["join_task",${deep("[", "]")}]`,
      `422["join_task",${deep("[", "")}`,
      `423["join_task",${'{"a":'.repeat(12_000)}`,
    );
    for (const id of [1, 2, 3]) expect(await answerTo(wire, id)).toContain('"code":"payload_invalid"');
    expect(wire.isOpen()).toBe(true);
    await scene.expectUnharmed({ payload_invalid: 3 });
  });

  it("numbers beyond doubles, duplicate keys, lone surrogates and a name of 64 KB are judged by the schema like the rest", async () => {
    const scene = await setScene();
    const wire = await scene.wire(transport);
    const payloads = {
      payload_invalid: [
        '{"task_id":"a","since":1e999}',
        '{"task_id":"\\ud800"}',
        '{"task_id":{"task_id":"a"}}',
        "[]",
        "5",
        '"a"',
        "true",
      ],
      task_not_found: ['{"task_id":"a","task_id":"b"}', '{"task_id":"a","since":-0}', '{"task_id":"__proto__"}'],
    };
    const all = Object.entries(payloads).flatMap(([code, texts]) => texts.map((text) => ({ code, text })));
    wire.send(...all.map(({ text }, id) => `42${id}["join_task",${text}]`));
    for (const [id, { code }] of all.entries()) expect(await answerTo(wire, id)).toContain(`"code":"${code}"`);
    await scene.expectUnharmed({
      payload_invalid: payloads.payload_invalid.length,
      task_denied: payloads.task_not_found.length,
    });
  });

  it("attachments where none belong are `payload_invalid`, and an attachment that is named twice is the same one", async () => {
    const scene = await setScene();
    const handled = openNamespace(scene, {});
    const wire = await scene.wire(transport);
    const placeholder = '{"_placeholder":true,"num":0}';
    wire.send(`451-1["join_task",{"task_id":${placeholder}}]`, Buffer.from("abc"));
    expect(await answerTo(wire, 1)).toContain('"code":"payload_invalid"');
    const own = await scene.wire(transport, "/own");
    own.send(`451-/own,2["take",{"a":${placeholder},"b":${placeholder}}]`, Buffer.from("abc"));
    expect(await own.next("43/own,2[")).toContain('"ok":true');
    expect(handled).toEqual([{ a: Buffer.from("abc"), b: Buffer.from("abc") }]);
    await scene.expectUnharmed({ payload_invalid: 1 });
  });

  it("a client that leaves without waiting for its answer is no offender", async () => {
    const scene = await setScene();
    const wire = await scene.wire(transport);
    wire.send('421["check_connection",{}]', "41");
    await expect.poll(() => scene.server.realtime.io.of("/").sockets.size).toBe(1);
    await scene.expectUnharmed({});
  });
});
