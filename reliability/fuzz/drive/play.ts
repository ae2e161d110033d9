import { type Block, blockSize, type Case, caseOf } from "../cases/case.ts";
import type { Judge } from "../judge/judge.ts";
import type { Account } from "../judge/ledger.ts";
import { playHttp } from "./play-http.ts";
import { openPolling, type Polling } from "./polling.ts";
import { openWebSocket, type WebSocketClient } from "./websocket.ts";

/** Which cases of a block are sent. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** Sends the cases of a block one after the other; opens a new connection whenever one did not survive. */
export async function playBlock(
  port: number,
  block: Block,
  { from, to }: Stretch,
  judge: Judge,
  onCase: (each: Case, outcome: string) => void,
): Promise<void> {
  const first = block.number * blockSize;
  const numbers = Array.from({ length: blockSize }, (_, index) => first + index);
  const cases = numbers.filter((number) => number >= from && number < to).map((number) => caseOf(block.seed, number));
  if (block.kind === "http") return playHttp(port, block, cases, judge, onCase);
  const open = block.transport === "polling" ? openPolling : openWebSocket;
  let opened = 0;
  let current: { connection: Polling | WebSocketClient; account: Account } | undefined;

  async function connect() {
    const account = judge.open(block.sid(opened));
    opened += 1;
    return { account, connection: await open(port, block, account, judge) };
  }

  async function leave(): Promise<void> {
    await current?.connection.close();
    current?.account.close();
    current = undefined;
  }

  for (const each of cases) {
    judge.begin(each);
    if (current?.connection.isOpen() === false) await leave();
    current ??= await connect();
    const { connection } = current;
    const outcome =
      connection.refused === undefined ? await connection.play(each) : `not let in: ${connection.refused}`;
    judge.end(each, outcome);
    onCase(each, outcome);
  }
  await judge.look();
  await leave();
}
