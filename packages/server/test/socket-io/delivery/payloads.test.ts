/** Payloads of any size and kind arrive unchanged, on both transports. */
import { once } from "node:events";
import { describe, expect, it } from "vitest";
import { transports } from "../../../src/testing/index.ts";
import { names, startQuartet } from "./four-client-fixture.ts";

describe.each(transports)("over %s", (transport) => {
  it("a broadcast has any number of arguments of any kind", async () => {
    const { all, members } = await startQuartet(transport);
    const heard = once(members.ada.client.socket as never, "news");
    all.emit("news", 1, null, [true, { deep: ["text"] }], undefined);
    expect(await heard).toEqual([1, null, [true, { deep: ["text"] }], null]);
  });

  it("a broadcast has the content of the moment when it was sent, even if its payload changes later", async () => {
    const { all, settle, news } = await startQuartet(transport);
    const payload = { text: "then" };
    all.emit("news", payload);
    payload.text = "later";
    await settle();
    expect(news("ada")).toEqual([{ text: "then" }]);
  });

  it("attachments arrive whole, between what was sent before and after", async () => {
    const { all, settle, news } = await startQuartet(transport);
    const payload = { bytes: Buffer.from([0, 1, 128, 255]), more: [Buffer.alloc(70_000, 7)] };
    all.emit("news", "before");
    all.emit("news", payload);
    all.emit("news", "after");
    await settle();
    for (const name of names) {
      const [before, received, after] = news(name) as [string, typeof payload, string];
      expect([before, after]).toEqual(["before", "after"]);
      expect(received.bytes.equals(payload.bytes)).toBe(true);
      expect(received.more.map((each) => Buffer.compare(each, Buffer.alloc(70_000, 7)))).toEqual([0]);
    }
  });

  // Bytes of a frame's payload: its head has two, four or ten bytes (RFC 6455 section 5.2).
  it.each([125, 126, 127, 65_535, 65_536, 65_537])("a broadcast of %i bytes arrives whole", async (bytes) => {
    const { all, members, settle, news } = await startQuartet(transport);
    const text = "x".repeat(bytes - Buffer.byteLength('42["news",""]'));
    const frames: string[] = [];
    members.ada.client.socket.io.engine.on("packet", ({ type, data }) => {
      if (type === "message") frames.push(`4${data}`);
    });
    all.emit("news", text);
    await settle();
    expect(frames[0]).toHaveLength(bytes);
    for (const name of names) expect(news(name)).toEqual([text]);
  });

  it.each(["é".repeat(57), "漢字".repeat(20_000), "🚦".repeat(33), "a\u0000\u001e\u2028\ud83d b", '\\"\\u0000'])(
    "text of any kind arrives as it is (%#)",
    async (text) => {
      const { all, members, settle, news } = await startQuartet(transport);
      const name = text.slice(0, 10);
      all.emit("news", text);
      all.emit(name, 1);
      await settle();
      expect(news("dan")).toEqual([text]);
      expect(members.dan.client.received(name)).toEqual([1]);
    },
  );

  it("300 KB arrive, and what follows them", async () => {
    const { all, settle, news } = await startQuartet(transport);
    const text = "z".repeat(300_000);
    all.emit("news", text);
    all.emit("news", "after");
    await settle();
    for (const name of names) expect(news(name)).toEqual([text, "after"]);
  });

  it("5,000 broadcasts in one turn all arrive, in order", async () => {
    const { all, settle, news } = await startQuartet(transport);
    const sent = Array.from({ length: 5000 }, (_, index) => index);
    for (const index of sent) all.emit("news", index);
    await settle();
    for (const name of names) expect(news(name)).toEqual(sent);
  });
});
