import type { TaskSnapshot } from "@signalbox/protocol";
import { joinedFrame, textFrame } from "./text-frame.ts";

/** A Socket.IO packet for many connections, encoded once. */
export interface Message {
  /** The packet as text, for whoever is not on WebSocket (Socket.IO protocol 5). */
  readonly text: string;
  /** The packet in a frame, made when the first connection on WebSocket needs it. */
  readonly frame: Buffer;
  /** The state in it, where it may travel with others in one `progress_batch`. */
  readonly state: EncodedState | null;
}

interface EncodedState {
  readonly json: string;
  readonly bytes: Buffer;
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

/** An event for somebody in a namespace. */
export const createEvent = (namespace: string, event: string, payload: object): Message =>
  createMessage(`2${namespace === "/" ? "" : `${namespace},`}${JSON.stringify([event, payload])}`);

/** The progress of a task in both forms: for clients that accept `progress_batch`, and for all others. */
export interface ProgressMessage {
  /** Of the state, in UTF-8. */
  readonly bytes: number;
  readonly joinable: Message;
  readonly plain: Message;
}

/** Encodes a task's state, once for all who watch it. */
export function createProgressMessage(task: TaskSnapshot): ProgressMessage {
  const json = JSON.stringify(task);
  const plain = createMessage(`2["progress_update",${json}]`);
  let bytes: Buffer | undefined;
  const state: EncodedState = {
    json,
    get bytes() {
      bytes ??= Buffer.from(json);
      return bytes;
    },
  };
  const joinable: Message = {
    text: plain.text,
    get frame() {
      return plain.frame;
    },
    state,
  };
  return { bytes: Buffer.byteLength(json), joinable, plain };
}

const batchHead = '2["progress_batch",{"tasks":[';
const batchTail = "]}]";
const batchHeadBytes = Buffer.from(engineMessage + batchHead);
const batchTailBytes = Buffer.from(batchTail);
const comma = Buffer.from(",");

/** Several states in one packet; each was encoded before, and is only copied here. */
export function batchFrame(states: readonly EncodedState[]): Buffer {
  const parts: Buffer[] = [batchHeadBytes];
  for (const [index, { bytes }] of states.entries()) {
    if (index > 0) parts.push(comma);
    parts.push(bytes);
  }
  parts.push(batchTailBytes);
  return joinedFrame(parts);
}

/** The same as text. */
export const batchText = (states: readonly EncodedState[]): string =>
  `${batchHead}${states.map(({ json }) => json).join(",")}${batchTail}`;
