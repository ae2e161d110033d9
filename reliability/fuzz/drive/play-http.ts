/** Cases that are requests: each on a TCP connection of its own. */
import type { Block, Case } from "../cases/case.ts";
import type { Judge } from "../judge/judge.ts";
import type { Account } from "../judge/ledger.ts";
import { parseResponse, type Response } from "./http-response.ts";
import { openPolling } from "./polling.ts";
import { openWire, within } from "./wire.ts";

/** Longer than this the server waits for more, such as the rest of a body. */
export const quietMs = 60;

/**
 * The server closes a connection whose client has ended its side: an unclaimed upgrade after a second, any other at
 * once.
 */
export const letGoMs = 5000;

export async function playHttp(
  port: number,
  block: Block,
  cases: readonly Case[],
  judge: Judge,
  onCase: (each: Case, outcome: string) => void,
): Promise<void> {
  const account = judge.open(block.sid(0));
  const connection = await openPolling(port, block, account, judge);
  for (const each of cases) {
    judge.begin(each);
    account.says(each);
    const outcome = await exchange(port, each, account, judge);
    judge.end(each, outcome);
    onCase(each, outcome);
  }
  await judge.look();
  await connection.close();
  account.close();
}

async function exchange(port: number, { messages }: Case, account: Account, judge: Judge): Promise<string> {
  const bytes = Buffer.concat(messages.map(({ payload }) => payload));
  const headOnly = bytes.subarray(0, 5).toString("latin1") === "HEAD ";
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
  const chunks: Buffer[] = [];
  const read = (): Response | undefined => parseResponse(Buffer.concat(chunks).toString("latin1"), headOnly);
  const wire = openWire(port, (chunk) => {
    chunks.push(chunk);
    if (isComplete(read)) answer();
  });
  wire.send(bytes);
  await within(Promise.race([answered, wire.closed]), quietMs);
  if (!(await wire.finish(letGoMs))) {
    judge.found("a connection was kept whose client had ended it", `After ${letGoMs} ms.`);
    wire.destroy();
  }
  try {
    const response = read();
    if (response === undefined) return chunks.length === 0 ? "closed without an answer" : "closed within an answer";
    return judge.response(response, account, headOnly).outcome;
  } catch (error) {
    judge.found("an answer that is not HTTP", String(error));
    return "not HTTP";
  }
}

function isComplete(read: () => Response | undefined): boolean {
  try {
    return read() !== undefined;
  } catch {
    return true;
  }
}
