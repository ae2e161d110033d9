import { backoffMs } from "../../packages/client/src/recovery/backoff.ts";
import { monotonicUs } from "../peers/payloads.ts";
import type { AreBackAnswer, AreBackParams } from "./commands.ts";
import { type Crowd, Refused } from "./crowd.ts";
import { Histogram } from "./histogram.ts";
import { readToken } from "./tokens.ts";

/** The defaults of both libraries. */
const delays = { baseMs: 1000, maxMs: 5000 } as const;

/** How long socket.io-client 4 waits: doubled each time, up to a half more or less, and cut at the maximum. */
export function socketIoDelayMs(failures: number, random: number): number {
  const ms = delays.baseMs * 2 ** failures;
  const deviation = random * 0.5 * ms;
  return Math.min(delays.maxMs, Math.floor(random * 10) % 2 === 0 ? ms - deviation : ms + deviation);
}

interface LostClient {
  readonly user: number;
  readonly failures: number;
  /** Of `performance.now()`. */
  readonly lostAt: number;
}

/** Clients that are lost come back as their library would: Signalbox's own, or socket.io-client. */
export class Comeback {
  readonly #crowd: Crowd;
  /** When each that is back was let in, in microseconds of the monotonic clock. */
  readonly #backAtUs: number[] = [];
  #lost = 0;
  #refused = 0;
  #onBack: () => void = () => {};

  constructor(crowd: Crowd) {
    this.#crowd = crowd;
    crowd.onClosed = ({ user }) => {
      this.#lost += 1;
      this.#later({ user, failures: 0, lostAt: performance.now() }, true);
    };
  }

  async finished({ sinceUs, withinSeconds }: AreBackParams): Promise<AreBackAnswer> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, withinSeconds * 1000);
      this.#onBack = () => {
        if (this.#backAtUs.length < this.#lost) return;
        clearTimeout(timer);
        resolve();
      };
      this.#onBack();
    });
    const times = new Histogram();
    for (const atUs of this.#backAtUs) times.add((atUs - sinceUs) / 1000);
    const twentiethsMs = Array.from({ length: 20 }, (_, index) => times.quantile((index + 1) / 20));
    return { lost: this.#lost, back: this.#backAtUs.length, refused: this.#refused, twentiethsMs };
  }

  /** @param fresh - whether the token from before may still be used: after a failed attempt settings are read anew */
  #later(client: LostClient, fresh: boolean): void {
    const delayMs = this.#crowd.target.secured
      ? backoffMs(performance.now() - client.lostAt, delays, Math.random())
      : socketIoDelayMs(client.failures, Math.random());
    setTimeout(() => void this.#attempt(client, fresh), delayMs);
  }

  /**
   * One attempt of a library's. Signalbox's client reads client-config first when it has failed before. The requests by
   * which it finds out the reason are left out: as long as no server listens they cost none anything.
   */
  async #attempt(client: LostClient, fresh: boolean): Promise<void> {
    const { target, tokens } = this.#crowd;
    const { user, failures } = client;
    try {
      if (target.secured && !fresh) tokens.set(user, await readToken(target.port, user));
      await this.#crowd.enter(user, "/");
    } catch (error) {
      if (error instanceof Refused) this.#refused += 1;
      return this.#later({ ...client, failures: failures + 1 }, false);
    }
    this.#backAtUs.push(monotonicUs());
    this.#onBack();
  }
}
