/** The decoder inside a real Socket.IO server: frames are written raw, without the client's own encoder. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { Server } from "socket.io";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "../../src/core/refusal.ts";
import { boundedParser } from "../../src/socket-io/parsing/bounded-parser.ts";
import { connectClient, type TestClient, transports } from "../../src/testing/test-client.ts";

const maxEventBytes = 2000;
/** Limit for the handshake's `auth` and for acknowledgements. */
const maxControlBytes = 16_384;
/**
 * A namespace whose name contains a quote: a careless parser confuses the inside and outside of the payload's strings.
 */
const quoted = '/x"';

let io: Server;
let url: string;

beforeEach(async () => {
  const httpServer = createServer();
  io = new Server(httpServer, { parser: boundedParser({ maxEventBytes }) });
  for (const namespace of ["/", "/other", quoted]) {
    io.of(namespace).on("connection", (socket) => {
      socket.onAny((name: string, ...args: unknown[]) => {
        const outcome = args[0] instanceof Refusal ? args[0].code : "arrived";
        const last = args.at(-1);
        if (typeof last === "function") last(outcome);
        else socket.emit("seen", `${name}: ${outcome}`);
      });
    });
  }
  await new Promise<void>((resolve) => httpServer.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(httpServer.address() as AddressInfo).port}`;
});
afterEach(() => io.close());

/** `text`, filled up at `…` with a letter to that many bytes. */
function fill(text: string, bytes: number, letter = "x"): string {
  const missing = bytes - Buffer.byteLength(text.replace("…", ""));
  const size = Buffer.byteLength(letter);
  return text.replace("…", letter.repeat(Math.floor(missing / size)) + "x".repeat(missing % size));
}

/** Nested arrays; together with the event's own array they are `levels` deep. */
const nested = (levels: number): string => `["deep",${"[".repeat(levels - 1)}${"]".repeat(levels - 1)}]`;

const placeholder = (num: number) => `{"_placeholder":true,"num":${num}}`;

describe.each(transports)("over %s", (transport) => {
  let client: TestClient;
  let closed: Promise<void>;

  beforeEach(async () => {
    client = await connectClient(url, { transport });
    closed = new Promise((resolve) => client.socket.io.engine.once("close", () => resolve()));
  });
  afterEach(() => client.close());

  const write = (...frames: (string | Buffer)[]): void => {
    for (const frame of frames) client.socket.io.engine.write(frame);
  };
  /** The server's reaction to these frames, while the connection is kept. */
  const seen = async (...frames: (string | Buffer)[]): Promise<string> => {
    write(...frames);
    return client.next<string>("seen");
  };
  /** These frames close their connection, and no other. */
  const expectClosed = async (...frames: (string | Buffer)[]): Promise<void> => {
    write(...frames);
    await closed;
    expect(client.received("seen")).toEqual([]);
    const other = await connectClient(url, { transport });
    expect(await other.request("alive")).toBe("arrived");
    other.close();
  };

  describe("an event", () => {
    it.each(["x", "é", "€", "😀"])(
      "of %s arrives up to the limit, and is refused one byte above it",
      async (letter) => {
        expect(await seen(fill('2["big","…"]', maxEventBytes, letter))).toBe("big: arrived");
        expect(await seen(fill('2["big","…"]', maxEventBytes + 1, letter))).toBe("big: payload_too_large");
        expect(await seen('2["next"]')).toBe("next: arrived");
      },
    );

    it("that is refused has its acknowledgement answered, in its own namespace", async () => {
      expect(await client.request("big", "x".repeat(maxEventBytes))).toBe("payload_too_large");
      const other = await connectClient(url, { transport, namespace: "/other" });
      expect(await other.request("big", "x".repeat(maxEventBytes))).toBe("payload_too_large");
      other.close();
    });

    it("arrives 64 levels deep, and is refused one level below", async () => {
      expect(await seen(`2${nested(64)}`)).toBe("deep: arrived");
      expect(await seen(`2${nested(65)}`)).toBe("deep: payload_invalid");
      expect(await seen(`2${nested(65).replaceAll("[]", "{}")}`)).toBe("deep: payload_invalid");
    });

    it("may have any number of brackets in a text, or beside one another", async () => {
      for (const text of ["[".repeat(500), '\\"[{'.repeat(100), "\\\\".repeat(100)]) {
        expect(await seen(`2["text","${text}"]`)).toBe("text: arrived");
      }
      expect(await seen(`2["wide",[${"[],".repeat(200)}{}]]`)).toBe("wide: arrived");
    });

    it("has the same limit of depth in a namespace with a quote in its name", async () => {
      const other = await connectClient(url, { transport, namespace: quoted });
      const answer = other.next<string>("seen");
      other.socket.io.engine.write(`2${quoted},${nested(500)}`);
      expect(await answer).toBe("deep: payload_invalid");
      other.close();
    });

    it.each([
      ["a number for a name", '2[5,"…"]'],
      ["no name", '2["…'],
      ["a name without an end", '2["…"]'],
      ["a name that Socket.IO keeps for itself", '2["disconnect","…"]'],
      ["an acknowledgement id beyond every counter", '212345678901234567890["big","…"]'],
      ["an unknown type", '9["big","…"]'],
    ])(
      "with %s closes the connection when it is too large, because it has no acknowledgement to answer",
      async (_what, text) => {
        await expectClosed(fill(text, maxControlBytes + 1));
      },
    );
  });

  describe("a frame", () => {
    it.each([
      ["without anything", "4"],
      ["of an event without a payload", "2"],
      ["of an acknowledgement without a payload", "31"],
      ["with a type beyond the protocol's", '7["x"]'],
      ["with an id that a number cannot hold exactly", '29007199254740993["x"]'],
      ["with an id of 400 digits", `2${"9".repeat(400)}["x"]`],
      ["with a blank for an id", '2 ["x"]'],
      ["with a sign before its id", '2-1["x"]'],
      ["with a fraction in its id", '21.5["x"]'],
      ["with an exponent in its id", '21e3["x"]'],
      ["with a byte order mark", '\ufeff2["x"]'],
      ["with a byte order mark before its payload", '2\ufeff["x"]'],
      ["with something behind its payload", '2["x"]x'],
      ["with a number of attachments in another notation", `51e0-["x",${placeholder(0)}]`],
      ["with a negative number of attachments", `5-1-["x",${placeholder(0)}]`],
      ["without the number of its attachments", '5["x"]'],
    ])("%s closes the connection", (_what, frame) => expectClosed(frame));
    it.each(["20", "29007199254740991"])("with the id %s is answered with the very same", async (head) => {
      const answers: string[] = [];
      client.socket.io.engine.on("data", (frame: string) => answers.push(frame));
      write(`${head}["x"]`);
      await expect.poll(() => answers).toEqual([`3${head.slice(1)}["arrived"]`]);
    });
  });

  describe("an acknowledgement id", () => {
    it.each(["0", "007", "999999999999999"])("of %s is answered as that number", async (id) => {
      const answers: unknown[] = [];
      client.socket.io.engine.on("data", (data) => answers.push(data));
      write(`2${id}["ask"]`);
      await expect.poll(() => answers).toContain(`3${Number(id)}["arrived"]`);
    });
    // Without the check they were answered `31e+26[…]`, `3Infinity[…]` and `3NaN[…]`, which are not valid packets.
    it.each([
      ["beyond every number", `2${"9".repeat(400)}["ask"]`],
      ["with a space in it", '21 2["ask"]'],
      ["that is white space", '2\u2028["ask"]'],
      ["too long in another namespace", `2${quoted},${"1".repeat(27)}["ask"]`],
      ["too long for an event with attachments", `51-${"1".repeat(27)}["ask",${placeholder(0)}]`],
    ])("%s closes the connection", (_what, frame) => expectClosed(frame));
  });

  describe("a handshake", () => {
    it("arrives up to the limit of its auth", async () => {
      write(fill('0/other,{"a":"…"}', maxControlBytes));
      await expect.poll(() => io.of("/other").sockets.size).toBe(1);
    });
    it.each([
      ["that is larger", fill('0/other,{"a":"…"}', maxControlBytes + 1)],
      ["that is nested too deep", `0/other,{"a":${nested(64)}}`],
      ["that is nested too deep behind a quote", `0${quoted},{"a":${nested(500)}}`],
    ])("%s closes the connection", async (_what, frame) => {
      await expectClosed(frame);
      expect(io.of("/other").sockets.size + io.of(quoted).sockets.size).toBe(0);
    });
  });

  describe("an acknowledgement", () => {
    it.each([
      ["larger than any", fill('31["…"]', maxControlBytes + 1)],
      ["nested too deep", `31${nested(65)}`],
    ])("%s closes the connection", (_what, frame) => expectClosed(frame));
  });

  describe("an event with attachments", () => {
    const one = `51-["blob",${placeholder(0)}]`;
    const two = `52-["blob",${placeholder(0)},${placeholder(1)}]`;

    it("arrives where text and attachments together are within the limit", async () => {
      expect(await seen(one, Buffer.alloc(maxEventBytes - one.length))).toBe("blob: arrived");
      expect(await seen(two, Buffer.alloc(900), Buffer.alloc(900))).toBe("blob: arrived");
    });
    it("closes the connection one byte above it", () =>
      expectClosed(one, Buffer.alloc(maxEventBytes - one.length + 1)));
    it("is not begun anew by a text that is refused in between", async () => {
      write(two, Buffer.alloc(1200), fill('2["big","…"]', maxEventBytes + 1), Buffer.alloc(1200));
      await closed;
      expect(client.received("seen")).not.toContain("blob: arrived");
    });
    it.each([
      ["too large a text", fill(`51-["blob","…",${placeholder(0)}]`, maxEventBytes + 1)],
      ["too deep a text", `51-${nested(65)}`],
      ["too deep a text behind a quote", `51-${quoted},${nested(500)}`],
    ])("closes the connection with %s", (_what, frame) => expectClosed(frame));
    it("closes the connection when an attachment belongs to none", () => expectClosed(Buffer.alloc(10)));
    it("closes the connection when another event comes before its attachment", () => expectClosed(one, '2["next"]'));
  });
});
