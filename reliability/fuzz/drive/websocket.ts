/** A client on a WebSocket, down to its bytes. */
import { FrameReader } from "../../../bench/load/frame-reader.ts";
import { cookieOf, origin, sidHeader } from "../bait.ts";
import type { Block, Case } from "../cases/case.ts";
import { opcodes, plainFrame } from "../cases/frames.ts";
import { connectText, type Message } from "../cases/packets.ts";
import type { Judge } from "../judge/judge.ts";
import type { Account } from "../judge/ledger.ts";
import { parseResponse } from "./http-response.ts";
import { letGoMs, quietMs } from "./play-http.ts";
import { addressOf, createTally, fence, isFence } from "./talk.ts";
import { openWire, within } from "./wire.ts";

export interface WebSocketClient {
  readonly refused: string | undefined;
  isOpen(): boolean;
  play(each: Case): Promise<string>;
  close(): Promise<void>;
}

const text = (content: string): Message => ({ binary: false, payload: Buffer.from(content) });

function upgradeRequest(block: Block, sid: string): string {
  const lines = [
    "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1",
    ...["Host: 127.0.0.1", `Origin: ${origin}`, `X-Forwarded-For: ${addressOf(block)}`, `${sidHeader}: ${sid}`],
    block.cookie ? `Cookie: ${cookieOf(block.who)}` : `Authorization: Bearer ${block.who.token}`,
    ...["Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13"],
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
  ];
  return `${lines.join("\r\n")}\r\n\r\n`;
}

/** Codes that the server says on its own; any other is what the client itself has said (RFC 6455 section 5.5.1). */
const ownCodes: readonly (number | null)[] = [null, 1000, 1002, 1007, 1008, 1009, 1013];

export async function openWebSocket(
  port: number,
  block: Block,
  account: Account,
  judge: Judge,
): Promise<WebSocketClient> {
  let tally = createTally();
  let head: string | undefined = "";
  let closeCode: number | null | undefined;
  let sent: Buffer = Buffer.alloc(0);
  const waiting = new Set<{ isIt(packet: string): boolean; resolve(found: true): void }>();

  const reader = new FrameReader((opcode, buffer, start, end) => {
    if (opcode === opcodes.close) return onClose(end - start >= 2 ? buffer.readUInt16BE(start) : null);
    if (opcode !== opcodes.text) return;
    onPacket(buffer.toString("utf8", start, end));
  });

  const wire = openWire(port, (chunk) => {
    if (head === undefined) return read(chunk);
    head += chunk.toString("latin1");
    const end = head.indexOf("\r\n\r\n");
    if (!head.startsWith("HTTP/1.1 101") || end < 0) return;
    const rest = Buffer.from(head.slice(end + 4), "latin1");
    head = undefined;
    read(rest);
  });

  function read(chunk: Buffer): void {
    try {
      reader.read(chunk, 0, chunk.length);
    } catch (error) {
      judge.found("a frame that no server may send", String(error));
      wire.destroy();
    }
  }

  function onPacket(packet: string): void {
    if (!isFence(packet)) tally.add(judge.packet(packet, account));
    for (const each of waiting) {
      if (!each.isIt(packet)) continue;
      waiting.delete(each);
      each.resolve(true);
    }
  }

  function onClose(code: number | null): void {
    closeCode = code;
    void wire.finish(letGoMs);
    if (!ownCodes.includes(code) && !mayEcho(sent, code as number)) {
      judge.found("a close code that the contract does not have", String(code));
    }
  }

  /** True when such a packet comes, false when the connection ends before, undefined when neither happens in time. */
  function heard(isIt: (packet: string) => boolean, ms: number): Promise<boolean | undefined> {
    const found = new Promise<true>((resolve) => waiting.add({ isIt, resolve }));
    return within(Promise.race([found, wire.closed.then(() => false)]), ms);
  }

  const request = upgradeRequest(block, account.sid);
  const connect = connectText(block.who, block.cookie);
  account.says(request);
  account.says(connect);
  // What comes with the upgrade itself is lost: Engine.IO listens when it has said that the connection is open.
  const opening = heard((packet) => packet.startsWith("0{"), answerMs);
  wire.send(Buffer.from(request));
  await opening;
  const entering = heard((packet) => /^4[04]/.test(packet), answerMs);
  wire.send(plainFrame(text(connect)));
  const entered = await entering;
  const refused = entered && tally.outcome() === "heard" ? undefined : refusedBy();

  function refusedBy(): string {
    const response = head ? parseResponse(head, false) : undefined;
    return response === undefined ? tally.outcome() : judge.response(response, account).outcome;
  }

  const closing = (): string => {
    const known = closeCode === undefined ? "cut off" : (closeCode ?? "no code");
    const code = closeCode === undefined || ownCodes.includes(closeCode) ? known : "as the client did";
    const said = tally.outcome();
    return `closed (${code})${said.startsWith("refused") ? `, ${said}` : ""}`;
  };

  return {
    refused,
    isOpen: () => !wire.isClosed() && refused === undefined,
    async play(each) {
      account.says(each);
      tally = createTally();
      const raw = each.kind === "frames";
      sent = Buffer.concat(each.messages.map((message) => (raw ? message.payload : plainFrame(message))));
      const answer = heard(isFence, raw ? quietMs : answerMs);
      wire.send(Buffer.concat([sent, plainFrame(text(fence(block.who)))]));
      const alive = await answer;
      if (alive) return tally.outcome();
      if (alive === false) return closing();
      // Half a frame swallows what comes after it; half a packet does not.
      if (!raw) judge.found("a connection that neither answers nor closes", `After ${answerMs} ms.`);
      if (!(await wire.finish(letGoMs))) {
        judge.found("a connection was kept whose client had ended it", `After ${letGoMs} ms.`);
        wire.destroy();
      }
      return closeCode === undefined ? "waits for more" : closing();
    },
    async close() {
      wire.destroy();
      await wire.closed;
    },
  };
}

/** An answer that takes longer will not come. */
const answerMs = 5000;

/** Whether these bytes can be read as a close frame with this code, wherever it may begin. */
function mayEcho(bytes: Buffer, code: number): boolean {
  for (let at = 0; at + 8 <= bytes.length; at += 1) {
    if (((bytes[at] as number) & 0x0f) !== opcodes.close) continue;
    const [first, second] = [6, 7].map((offset) => (bytes[at + offset] as number) ^ (bytes[at + offset - 4] as number));
    if (((first as number) << 8) + (second as number) === code) return true;
  }
  return false;
}
