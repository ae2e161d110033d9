import type { Target } from "../peers/peer.ts";
import { Client, type ClientListener } from "./client.ts";
import type { OpenParams } from "./commands.ts";
import { createWire } from "./wires/create-wire.ts";

/** As much as a read of a busy connection brings; a smaller one would make several reads of it. */
const readBytes = 65_536;

const ignore = (): void => {};

/** A server has said no to a client. */
export class Refused extends Error {
  override readonly name = "Refused";
}

/** All clients of a run, and the listeners for what they receive. */
export class Crowd {
  /** What is done with each message; replaced by the measurement that is under way. */
  onMessage: ClientListener["message"] = ignore;
  onAnswer: (client: Client, id: number) => void = ignore;
  /** A client that was in has been closed, by either side. */
  onClosed: (client: Client, code: number | undefined) => void = ignore;
  readonly target: Target;
  /** CSRF tokens by user, for the next connection of each. */
  readonly tokens = new Map<number, string>();
  /** Clients that are in, by index. */
  readonly #clients = new Map<number, Client>();
  readonly #readBuffer = Buffer.alloc(readBytes);
  #nextIndex = 0;

  constructor(target: Target) {
    this.target = target;
  }

  get size(): number {
    return this.#clients.size;
  }

  get clients(): Iterable<Client> {
    return this.#clients.values();
  }

  /** One more than the highest index that a client has had. */
  get indexes(): number {
    return this.#nextIndex;
  }

  client(index: number): Client | undefined {
    return this.#clients.get(index);
  }

  /** Opens clients `atOnce` at a time: each that is in makes room for the next. Rejects when one is refused or lost. */
  async open({ from, count, atOnce, namespace = "/" }: OpenParams): Promise<void> {
    const users = Array.from({ length: count }, (_, index) => from + index).values();
    const openOneByOne = async (): Promise<void> => {
      for (const user of users) await this.enter(user, namespace);
    };
    await Promise.all(Array.from({ length: atOnce }, openOneByOne));
  }

  /** Opens one client. Rejects with `Refused` when the server says no, else when the connection ends before. */
  enter(user: number, namespace: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const index = this.#nextIndex;
      this.#nextIndex += 1;
      new Client({
        ...{ target: this.target, user, index, namespace, readBuffer: this.#readBuffer },
        wire: createWire(this.target.wire),
        csrf: this.tokens.get(user),
        listener: {
          entered: (who) => {
            this.#clients.set(index, who);
            resolve();
          },
          refused: (_who, text) => reject(new Refused(`User ${user} was refused: ${text}`)),
          message: (who, buffer, start, end) => this.onMessage(who, buffer, start, end),
          answered: (who, id) => this.onAnswer(who, id),
          closed: (who, code) => {
            if (this.#clients.delete(index)) this.onClosed(who, code);
            else reject(new Error(`The connection of user ${user} was closed before it was in, code ${code}.`));
          },
        },
      });
    });
  }

  closeAll(): Promise<void> {
    return new Promise((resolve) => {
      this.onClosed = () => {
        if (this.size === 0) resolve();
      };
      if (this.size === 0) resolve();
      for (const client of [...this.clients]) client.close();
    });
  }
}
