import type { TaskSnapshot } from "@signalbox/protocol";
import { joinedFrame, textFrame } from "./websocket-frame.ts";

/** A Socket.IO packet for many connections, encoded once. */
export interface Message {
  /** The packet as text, for connections that are not on WebSocket (Socket.IO protocol 5). */
  readonly text: string;
  /** The packet in a frame, made when the first connection on WebSocket needs it. */
  readonly frame: Buffer;
  /** The state in the packet, where it may be sent with others in one `progress_batch`. */
  readonly state: EncodedState | null;
}

/** A task's state as a part of `progress_batch`, in its two possible positions. */
interface EncodedState {
  readonly json: string;
  /** The beginning of the packet, with this state as the first. */
  readonly first: Buffer;
  /** This state behind another. */
  readonly next: Buffer;
}

/** Engine.IO's packet type for messages (Engine.IO protocol 4), which precedes each packet of Socket.IO. */
const engineMessage = "4";

class EncodedMessage implements Message {
  readonly text: string;
  readonly state = null;
  #frame: Buffer | undefined;

  constructor(text: string) {
    this.text = text;
  }

  get frame(): Buffer {
    this.#frame ??= textFrame(engineMessage + this.text);
    return this.#frame;
  }
}

/** A packet that was encoded already. */
export const createMessage = (text: string): Message => new EncodedMessage(text);

/** An event of a namespace. */
export const createEvent = (namespace: string, event: string, payload: object): Message =>
  createMessage(`2${namespace === "/" ? "" : `${namespace},`}${JSON.stringify([event, payload])}`);

/** The progress of a task in both forms: for clients that accept `progress_batch`, and for all others. */
export interface ProgressMessage {
  /** The size of the state in UTF-8. */
  readonly bytes: number;
  readonly joinable: Message;
  readonly plain: Message;
}

const batchHead = '2["progress_batch",{"tasks":[';
const batchTail = "]}]";
const batchEnd = Buffer.from(batchTail);

class ProgressState implements EncodedState {
  readonly json: string;
  #first: Buffer | undefined;
  #next: Buffer | undefined;

  constructor(json: string) {
    this.json = json;
  }

  get first(): Buffer {
    this.#first ??= Buffer.from(engineMessage + batchHead + this.json);
    return this.#first;
  }

  get next(): Buffer {
    this.#next ??= Buffer.from(`,${this.json}`);
    return this.#next;
  }
}

class JoinableMessage implements Message {
  readonly state: EncodedState;
  readonly #plain: Message;

  constructor(plain: Message, json: string) {
    this.#plain = plain;
    this.state = new ProgressState(json);
  }

  get text(): string {
    return this.#plain.text;
  }

  get frame(): Buffer {
    return this.#plain.frame;
  }
}

/** Encodes a task's state, once for all its watchers. */
export function createProgressMessage(task: TaskSnapshot): ProgressMessage {
  const json = JSON.stringify(task);
  const plain = createMessage(`2["progress_update",${json}]`);
  return { bytes: Buffer.byteLength(json), joinable: new JoinableMessage(plain, json), plain };
}

/** The states of several messages in one packet; each was encoded before, and is only copied here. */
export function batchFrame(messages: readonly Message[], allocate: (bytes: number) => Buffer): Buffer {
  const pieces: Buffer[] = [];
  for (const { state } of messages) if (state !== null) pieces.push(pieces.length === 0 ? state.first : state.next);
  pieces.push(batchEnd);
  return joinedFrame(pieces, allocate);
}

/** The same as text. */
export const batchText = (messages: readonly Message[]): string =>
  `${batchHead}${messages.map(({ state }) => state?.json).join(",")}${batchTail}`;
