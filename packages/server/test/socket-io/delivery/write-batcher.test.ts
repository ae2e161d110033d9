/**
 * What one connection is sent within a turn of the event loop leaves in one write, in order, and delays no other
 * connection.
 */
import { Writable } from "node:stream";
import type { Socket as EngineSocket } from "engine.io";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createTrafficCounters } from "../../../src/observability/traffic-counters.ts";
import type { Backpressure } from "../../../src/socket-io/delivery/backpressure.ts";
import { createMessage } from "../../../src/socket-io/delivery/encoded-packet.ts";
import { createWriteBatcher } from "../../../src/socket-io/delivery/write-batcher.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** The texts of unmasked WebSocket frames (RFC 6455 section 5.2), without Engine.IO's packet type. */
function textsIn(bytes: Buffer): string[] {
  const texts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const short = (bytes[at + 1] ?? 0) & 0x7f;
    const [head, length] =
      short < 126 ? [2, short] : short === 126 ? [4, bytes.readUInt16BE(at + 2)] : [10, bytes.readUInt32BE(at + 6)];
    texts.push(bytes.toString("utf8", at + head + 1, at + head + length));
    at += head + length;
  }
  return texts;
}

/** A connection on an open WebSocket; `read` is false while its client does not read. */
function connection({ read = true } = {}) {
  const written: Buffer[] = [];
  const held: (() => void)[] = [];
  const stream = new Writable({
    highWaterMark: 1_000_000,
    write(chunk: Buffer, _encoding, done) {
      written.push(chunk);
      if (state.read) done();
      else held.push(done);
    },
    writev(chunks, done) {
      written.push(Buffer.concat(chunks.map(({ chunk }) => chunk)));
      done();
    },
  });
  const state = { read };
  const ordinary: [data: unknown, options: unknown][] = [];
  const queue: unknown[] = [];
  const conn = {
    ...{ readyState: "open", writeBuffer: queue },
    transport: { socket: { readyState: 1, OPEN: 1, _socket: stream } },
    write: (data: unknown, options: unknown) => ordinary.push([data, options]),
  };
  return {
    ...{ conn: conn as unknown as EngineSocket, ordinary, queue, state, stream, written },
    texts: () => written.map(textsIn),
    readOn() {
      state.read = true;
      for (const done of held.splice(0)) done();
    },
    set: (more: object) => Object.assign(conn, more),
  };
}

function start(fast = true) {
  const noted: number[] = [];
  const traffic = createTrafficCounters();
  const backpressure = {
    note: (_conn: EngineSocket, bytes: number) => void noted.push(bytes),
  } as unknown as Backpressure;
  return { writeBatcher: createWriteBatcher({ traffic, backpressure, fast }), noted, traffic };
}

describe("the write of a turn", () => {
  it("holds everything that a connection was sent in it, in order, and counts each packet", async () => {
    const { writeBatcher, noted, traffic } = start();
    const [a, b] = [connection(), connection()];
    const [one, two] = [createMessage("one"), createMessage("two")];
    for (const message of [one, two]) for (const { conn } of [a, b]) writeBatcher.add(conn, message);
    writeBatcher.add(a.conn, one);
    expect(a.written).toEqual([]);
    await turn();
    expect([a.texts(), b.texts()]).toEqual([[["one", "two", "one"]], [["one", "two"]]]);
    expect(traffic.deliveries).toBe(5);
    expect(noted).toEqual([]);
    writeBatcher.add(a.conn, two);
    await turn();
    expect(a.texts()).toEqual([["one", "two", "one"], ["two"]]);
    await turn();
    expect([a.written.length, b.written.length]).toEqual([2, 1]);
  });

  it("leaves at once where something else is about to be sent, and nothing of it a second time", async () => {
    const { writeBatcher } = start();
    const { conn, texts } = connection();
    writeBatcher.release(conn);
    writeBatcher.add(conn, createMessage("first"));
    writeBatcher.release(conn);
    expect(texts()).toEqual([["first"]]);
    writeBatcher.add(conn, createMessage("second"));
    await turn();
    await turn();
    expect(texts()).toEqual([["first"], ["second"]]);
  });

  it("leaves before the turn ends where it has more than 65,536 characters", async () => {
    const { writeBatcher } = start();
    const { conn, texts } = connection();
    writeBatcher.add(conn, createMessage("x".repeat(65_535)));
    writeBatcher.add(conn, createMessage("y"));
    expect(texts()).toEqual([]);
    writeBatcher.add(conn, createMessage("z"));
    expect(
      texts()
        .flat()
        .map((text) => text.length),
    ).toEqual([65_535, 1, 1]);
    await turn();
    expect(texts()).toHaveLength(1);
  });

  it("brings along the packets of the ordinary path that were held", async () => {
    const { writeBatcher, noted } = start();
    const { conn, stream, written } = connection();
    writeBatcher.hold(conn);
    stream.write(Buffer.from("a"));
    stream.write(Buffer.from("b"));
    writeBatcher.add(conn, createMessage("c"));
    expect(written).toEqual([]);
    await turn();
    expect(written).toHaveLength(1);
    expect(noted).toEqual([]);
    stream.write(Buffer.from("d"));
    expect(written).toHaveLength(2);
    await turn();
  });

  it("lets what was held go by itself, also where nothing else is sent", async () => {
    const { writeBatcher } = start();
    const { conn, stream, written } = connection();
    writeBatcher.hold(conn);
    stream.write(Buffer.from("a"));
    await turn();
    expect(written).toHaveLength(1);
  });

  it("reuses the memory of its frames in the next turn, and schedules no turn when nothing is left to be sent", async () => {
    const { writeBatcher } = start();
    const { conn, written } = connection();
    for (let round = 0; round < 2; round += 1) {
      writeBatcher.add(conn, createMessage("one"));
      writeBatcher.add(conn, createMessage("two"));
      await turn();
    }
    const [first, second] = written;
    expect(first?.buffer).toBe(second?.buffer);
    expect(first?.byteOffset).toBe(second?.byteOffset);
    const scheduled = vi.spyOn(globalThis, "setImmediate");
    onTestFinished(() => scheduled.mockRestore());
    await new Promise((resolve) => setTimeout(resolve, 1));
    expect(scheduled).not.toHaveBeenCalled();
  });

  it("is skipped for a closed connection, and takes the ordinary path for a connection without frames of its own", async () => {
    const { writeBatcher, noted, traffic } = start();
    const [closed, polling] = [connection(), connection()];
    closed.set({ readyState: "closing" });
    polling.set({ transport: {} });
    for (const { conn } of [closed, polling]) {
      writeBatcher.hold(conn);
      writeBatcher.add(conn, createMessage("one"));
      writeBatcher.add(conn, createMessage("two"));
    }
    await turn();
    expect([closed.written, closed.ordinary]).toEqual([[], []]);
    expect(polling.ordinary.map(([data]) => data)).toEqual(["one", "two"]);
    expect([traffic.deliveries, noted]).toEqual([0, []]);
  });

  it("takes the ordinary path, packet by packet, where frames may not be written past Engine.IO", async () => {
    const { writeBatcher } = start(false);
    const { conn, ordinary, stream, written } = connection();
    writeBatcher.hold(conn);
    expect(stream.writableCorked).toBe(0);
    writeBatcher.add(conn, createMessage("one"));
    writeBatcher.add(conn, createMessage("two"));
    await turn();
    expect([ordinary.map(([data]) => data), written]).toEqual([["one", "two"], []]);
  });

  it("goes behind the packets that wait in Engine.IO's queue, as one packet with its frames", async () => {
    const { writeBatcher, traffic } = start();
    const { conn, ordinary, queue, written } = connection();
    queue.push({});
    writeBatcher.add(conn, createMessage("one"));
    writeBatcher.add(conn, createMessage("two"));
    await turn();
    const [[data, options] = []] = ordinary;
    expect(textsIn(data as Buffer)).toEqual(["one", "two"]);
    expect(options).toEqual({ wsPreEncodedFrame: [data] });
    expect([ordinary.length, written.length, traffic.deliveries]).toEqual([1, 0, 0]);
    const before = Buffer.from(data as Buffer);
    writeBatcher.add(connection().conn, createMessage("overwrites the memory of the frames of before"));
    writeBatcher.add(connection().conn, createMessage("and once more"));
    await turn();
    expect(data).toEqual(before);
  });
});

describe("a client that does not read", () => {
  it("is reported with what waits for it, and keeps what it was sent while the memory is reused", async () => {
    const { writeBatcher, noted } = start();
    const slow = connection({ read: false });
    const others = [connection(), connection()];
    const send = async (...texts: string[]) => {
      for (const text of texts) {
        writeBatcher.add(slow.conn, createMessage(text));
        writeBatcher.add(slow.conn, createMessage(`${text}!`));
      }
      await turn();
    };
    await send("one");
    await send("two");
    expect(noted).toHaveLength(2);
    expect(noted[0]).toBe(slow.written[0]?.length);
    for (const { conn } of others) {
      writeBatcher.add(conn, createMessage("xxx"));
      writeBatcher.add(conn, createMessage("yyyy"));
    }
    await turn();
    slow.readOn();
    await turn();
    expect(slow.texts()).toEqual([
      ["one", "one!"],
      ["two", "two!"],
    ]);
  });

  it("keeps the whole piece of memory for the first frames only, and a copy of later ones", async () => {
    const { writeBatcher } = start();
    const { conn, stream } = connection({ read: false });
    const chunks: Buffer[] = [];
    const write = stream.write.bind(stream) as (chunk: Buffer) => boolean;
    stream.write = ((chunk: Buffer) => {
      chunks.push(chunk);
      return write(chunk);
    }) as typeof stream.write;
    for (let round = 0; round < 2; round += 1) {
      writeBatcher.add(conn, createMessage("x".repeat(40_000)));
      writeBatcher.add(conn, createMessage("two"));
      await turn();
    }
    expect(chunks.map(({ buffer }) => buffer.byteLength === 65_536)).toEqual([true, false]);
  });

  it("is not reported while its stream is corked, which keeps everything in any case", async () => {
    const { writeBatcher, noted } = start();
    const { conn, stream } = connection();
    stream.cork();
    writeBatcher.add(conn, createMessage("one"));
    await turn();
    expect(noted).toEqual([]);
    stream.uncork();
  });
});

describe("writing to many", () => {
  /**
   * Connections of which each write takes some milliseconds of the clock, and the order in which they were written to.
   */
  function many(count: number, costMs: number) {
    let now = 1000;
    const spied = vi.spyOn(performance, "now").mockImplementation(() => now);
    onTestFinished(() => spied.mockRestore());
    const order: number[] = [];
    const conns = Array.from({ length: count }, (_, index) => {
      const { conn, set } = connection();
      set({
        transport: {},
        write() {
          now += costMs;
          order.push(index);
        },
      });
      return conn;
    });
    return { conns, order };
  }
  const upTo = (count: number, from = 0) => Array.from({ length: count - from }, (_, index) => from + index);

  it("stops after 32 where that took longer than 3 ms, and goes on before those who were added since", async () => {
    const { writeBatcher } = start();
    const { conns, order } = many(80, 1);
    for (const conn of conns.slice(0, 70)) writeBatcher.add(conn, createMessage("m"));
    await turn();
    expect(order).toEqual(upTo(32));
    for (const conn of conns.slice(70)) writeBatcher.add(conn, createMessage("m"));
    await turn();
    expect(order).toEqual(upTo(64));
    await turn();
    expect(order).toEqual(upTo(80));
    await turn();
    expect(order).toHaveLength(80);
  });

  it("counts connections, not what they were sent", async () => {
    const { writeBatcher } = start();
    const { conns, order } = many(40, 1);
    for (const conn of conns) for (const text of ["m", "n"]) writeBatcher.add(conn, createMessage(text));
    await turn();
    expect([...new Set(order)]).toEqual(upTo(32));
    await turn();
  });

  it("looks at the time every 32 connections, and stops after more than 3 ms", async () => {
    const { writeBatcher } = start();
    const { conns, order } = many(70, 3 / 32);
    for (const conn of conns) writeBatcher.add(conn, createMessage("m"));
    await turn();
    expect(order).toEqual(upTo(64));
    await turn();
  });

  it("goes on to the end where it takes 3 ms or less", async () => {
    const { writeBatcher } = start();
    const { conns, order } = many(70, 0.04);
    for (const conn of conns) writeBatcher.add(conn, createMessage("m"));
    await turn();
    expect(order).toEqual(upTo(70));
  });
});
