/**
 * Hostile cases, D: packets that cannot be read, or do not belong where they arrive. The connection is closed, and no
 * other.
 */
import { describe, expect, it } from "vitest";
import { transports } from "../../src/testing/index.ts";
import { setScene } from "./scene.ts";

const bytes = Buffer.from("abc");
const placeholder = (num: unknown) => `{"_placeholder":true,"num":${num}}`;
const withAttachment = (num: unknown): [string, Buffer] => [`451-["check_connection",${placeholder(num)}]`, bytes];

/** By rule: what one connection sends. */
const closing: Record<string, readonly (string | Buffer)[][]> = {
  "a malformed count of attachments": [
    ['450-["x"]'],
    ['4511-["x"]'],
    ['45-1-["x"]'],
    ['45["x"]'],
    ['451.5-["x"]'],
    [`451e0-["x",${placeholder(0)}]`, bytes],
    [`450x1-["x",${placeholder(0)}]`, bytes],
    ['459999999999999999999-["x"]'],
  ],
  "a placeholder that names no attachment": [
    withAttachment(1),
    withAttachment(-1),
    withAttachment('"0"'),
    withAttachment('"__proto__"'),
    withAttachment("null"),
    withAttachment("1e999"),
    [`461-7[${placeholder(3)}]`, bytes],
  ],
  "stray binary": [[bytes], [bytes, bytes], [Buffer.alloc(0)], [...withAttachment(0), bytes]],
  "text where an attachment is due": [
    [withAttachment(0)[0], '42["check_connection",{}]'],
    [`452-["x",${placeholder(0)},${placeholder(1)}]`, bytes, "41"],
  ],
  "truncated JSON": [
    ["42["],
    ['42["check_connection"'],
    ['42["check_connection",{'],
    ['42["check_connection",{}'],
    ['42["\\u00'],
  ],
  "an empty packet": [["4"], [""], ["42"], ["43"], ["433"], ["45"]],
  "an event that is no array with a name": [
    ['42{"0":"check_connection","length":1}'],
    ["42[]"],
    ["42[null]"],
    ["42[true,{}]"],
    ["42[{}]"],
    ['42[["check_connection"]]'],
    ['42"check_connection"'],
  ],
  "a reserved name": ["connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener"].map(
    (name) => [`42["${name}",{}]`],
  ),
  "an unknown type": [["7"], ["9"], ["x"], ["47"], ['48["x"]'], ["4x"], ["\0"]],
  "an acknowledgement id that is no whole number": [
    ['42-1["x"]'],
    ['421.5["x"]'],
    ['421e400["x"]'],
    ['42 1["x"]'],
    ['429007199254740993["x"]'],
    [`42${"9".repeat(400)}["x"]`],
  ],
  "a byte order mark": [['\ufeff42["check_connection"]'], ['42\ufeff["check_connection"]']],
  "something behind its payload": [['42["check_connection",{}]x'], ['42["check_connection",{}] {}']],
  "a namespace that it has not joined": [
    ['42/admin,["list_tasks",{}]'],
    ["41/admin,"],
    ["43/admin,1[]"],
    ['42/x?y=1,["z"]'],
  ],
  "a CONNECT of another form": [["40[]"], ['40"text"'], ["40"], ["40/admin,[]"], ["40null"]],
  "what only a server sends": [['44{"message":"x"}'], ['44"x"'], ["2"], ["2probe"]],
  "a DISCONNECT with a payload": [["41{}"], ['41["x"]']],
};

describe.each(transports)("over %s", (transport) => {
  it.each(Object.keys(closing))("%s closes the connection that sent it, and is written down", async (rule) => {
    const scene = await setScene();
    const cases = closing[rule] ?? [];
    const wires = await Promise.all(cases.map(() => scene.wire(transport)));
    for (const [index, packets] of cases.entries()) wires[index]?.send(...packets);
    for (const [index, wire] of wires.entries())
      await expect.poll(wire.isOpen, { message: String(cases[index]) }).toBe(false);
    await scene.expectUnharmed({ payload_invalid: cases.length });
    await expect.poll(() => scene.server.realtime.io.engine.clientsCount).toBe(1);
  });
});
