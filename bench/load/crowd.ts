import type { Target } from "../peers/peer.ts";
import { Client, type ClientListener } from "./client.ts";
import type { UserRange } from "./commands.ts";
import { createWire } from "./wires/wire.ts";

/** As much as a read of a busy connection brings; a smaller one would make several reads of it. */
const readBytes = 65_536;

const ignore = (): void => {};

/** All clients of a run, and who hears of their messages. */
export class Crowd {
  /** What is done with each message; replaced by the measurement that is under way. */
  onMessage: ClientListener["message"] = ignore;
  onAnswer: (client: Client, id: number) => void = ignore;
  readonly target: Target;
  readonly tokens = new Map<number, string>();
  readonly #clients: Client[] = [];
  readonly #readBuffer = Buffer.alloc(readBytes);
  /** Per client: the time and code of its end, as long as nobody closed it on our side. */
  readonly lost = new Map<Client, number | undefined>();

  constructor(target: Target) {
    this.target = target;
  }

  get clients(): readonly Client[] {
    return this.#clients;
  }

  /** Opens clients `atOnce` at a time: each that is in makes room for the next. Rejects when one is refused or lost. */
  async open({ from, count, atOnce }: UserRange & { readonly atOnce: number }): Promise<void> {
    const users = Array.from({ length: count }, (_, index) => from + index).values();
    const openOneByOne = async (): Promise<void> => {
      for (const user of users) await this.#enter(user);
    };
    await Promise.all(Array.from({ length: atOnce }, openOneByOne));
  }

  closeAll(): Promise<void> {
    const open = this.#clients.splice(0).filter((client) => !this.lost.has(client));
    return new Promise((resolve) => {
      let left = open.length;
      if (left === 0) resolve();
      this.onClosed = () => {
        left -= 1;
        if (left === 0) resolve();
      };
      for (const client of open) client.close();
    });
  }

  onClosed: () => void = ignore;

  #enter(user: number): Promise<void> {
    return new Promise((resolve, reject) => {
      const client = new Client({
        target: this.target,
        user,
        index: this.#clients.length,
        wire: createWire(this.target.wire),
        csrf: this.tokens.get(user),
        readBuffer: this.#readBuffer,
        listener: {
          entered: () => resolve(),
          refused: (_client, text) => reject(new Error(`User ${user} was refused: ${text}`)),
          message: (who, buffer, start, end) => this.onMessage(who, buffer, start, end),
          answered: (who, id) => this.onAnswer(who, id),
          closed: (who, code) => {
            this.lost.set(who, code);
            this.onClosed();
            reject(new Error(`The connection of user ${user} was closed, code ${code}.`));
          },
        },
      });
      this.#clients.push(client);
    });
  }
}
