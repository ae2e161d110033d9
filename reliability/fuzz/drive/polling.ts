/** A client on polling (Engine.IO protocol 4): packets in the bodies of requests. */
import { Agent, type RequestOptions, request } from "node:http";
import { cookieOf, origin, sidHeader } from "../bait.ts";
import type { Block, Case } from "../cases/case.ts";
import { connectText, type Message } from "../cases/packets.ts";
import type { Verdict } from "../judge/answers.ts";
import type { Judge } from "../judge/judge.ts";
import type { Account } from "../judge/ledger.ts";
import type { Response } from "./http-response.ts";
import { addressOf, createTally, fence, isFence } from "./talk.ts";

const separator = "\x1e";

/** An answer that takes longer will not come. */
const answerMs = 5000;

export interface Polling {
  /** Why there is no connection, where it was refused. */
  readonly refused: string | undefined;
  isOpen(): boolean;
  play(each: Case): Promise<string>;
  close(): Promise<void>;
}

export async function openPolling(port: number, block: Block, account: Account, judge: Judge): Promise<Polling> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const headers = {
    Origin: origin,
    "X-Forwarded-For": addressOf(block),
    ...(block.cookie ? { Cookie: cookieOf(block.who) } : { Authorization: `Bearer ${block.who.token}` }),
  };
  account.says(Object.values(headers).join("\n"));
  const connect = connectText(block.who, block.cookie);
  account.says(connect);
  const path = "/socket.io/?EIO=4&transport=polling";
  let open = true;

  const ask = (method: string, query: string, body?: Buffer, more: Record<string, string> = {}) =>
    send({ ...{ port, method, agent, headers: { ...headers, ...more } }, path: `${path}${query}` }, body);
  const post = (body: Buffer) => ask("POST", `&sid=${account.sid}`, body, { "Content-Type": "text/plain" });

  /** Polls until a packet of this kind comes; false when the connection ends before. */
  async function pollFor(isLast: (text: string) => boolean, take: (verdict: Verdict) => void): Promise<boolean> {
    for (;;) {
      const response = await ask("GET", `&sid=${account.sid}`);
      if (response.status !== 200) {
        if (response.status !== 0) take(judge.response(response, account));
        return false;
      }
      const texts = response.body.split(separator).filter((text) => !text.startsWith("b"));
      for (const text of texts) if (!isFence(text)) take(judge.packet(text, account));
      if (texts.some(isLast)) return true;
    }
  }

  async function enter(): Promise<string | undefined> {
    const opened = await ask("GET", "", undefined, { [sidHeader]: account.sid });
    if (opened.status !== 200) return judge.response(opened, account).outcome;
    const tally = createTally();
    await post(Buffer.from(connect));
    const entered = await pollFor((text) => /^4[04]/.test(text), tally.add);
    return entered && tally.outcome() === "heard" ? undefined : tally.outcome();
  }

  const refused = await enter();
  open = refused === undefined;

  return {
    refused,
    isOpen: () => open,
    async play(each) {
      account.says(each);
      const tally = createTally();
      const posted = await post(bodyOf(each.messages));
      // Whether it was too large, or came to a connection that is gone: what matters is what the next poll says.
      if (posted.status !== 200 && posted.status !== 0) tally.add(judge.response(posted, account));
      await post(Buffer.from(fence(block.who)));
      open = await pollFor(isFence, tally.add);
      return open ? tally.outcome() : `closed, ${tally.outcome()}`;
    },
    async close() {
      // Also where the connection seems to be gone: it may have been this end that was cut off.
      await post(Buffer.from("1"));
      agent.destroy();
    },
  };
}

const bodyOf = (messages: readonly Message[]): Buffer =>
  Buffer.concat(
    messages.flatMap(({ binary, payload }, index) => [
      Buffer.from(index === 0 ? "" : separator),
      binary ? Buffer.from(`b${payload.toString("base64")}`) : payload,
    ]),
  );

/** A connection that is reset in the middle of a request answers with the status 0. */
function send(options: RequestOptions, body?: Buffer): Promise<Response> {
  return new Promise((resolve) => {
    const gone = () => resolve({ status: 0, body: "" });
    const sent = request({ ...options, host: "127.0.0.1", timeout: answerMs }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString() }));
      response.on("error", gone);
    });
    sent.on("error", gone);
    sent.on("timeout", () => sent.destroy());
    sent.end(body);
  });
}
