import { batchFrame, batchText, type Message } from "./encoded-packet.ts";
import type { FrameBufferPool } from "./frame-buffer-pool.ts";
import { joinFrames } from "./websocket-frame.ts";

/**
 * What a connection is to get, in order. Connections that are to get the same share one sequence: it is a path in a
 * tree, and whoever is at the same place and is given the same message comes to the same next place. So what a thousand
 * members of a room get within a turn is put together once, not a thousand times.
 */
export class SharedPacketList {
  /** Characters of all its messages: in bytes that, or a little more. */
  readonly size: number;
  readonly #before: SharedPacketList | null;
  readonly #message: Message | null;
  #next: SharedPacketList | undefined;
  #nextBefore: SharedPacketList | undefined;
  #packets: Message[][] | undefined;
  #bytes: Buffer | undefined;

  private constructor(before: SharedPacketList | null, message: Message | null) {
    this.#before = before;
    this.#message = message;
    this.size = (before?.size ?? 0) + (message?.text.length ?? 0);
  }

  /** Where all connections are to which nothing is to be sent. */
  static start(): SharedPacketList {
    return new SharedPacketList(null, null);
  }

  /**
   * Remembers the last two ways on: a broadcast goes through all its members before the next begins, while a state
   * goes through its watchers in two forms.
   */
  followedBy(message: Message): SharedPacketList {
    if (this.#next !== undefined && this.#next.#message === message) return this.#next;
    if (this.#nextBefore !== undefined && this.#nextBefore.#message === message) return this.#nextBefore;
    this.#nextBefore = this.#next;
    this.#next = new SharedPacketList(this, message);
    return this.#next;
  }

  /** Everything as WebSocket frames in one buffer, put together in the buffer pool by the first who needs it. */
  bytesIn({ take }: FrameBufferPool): Buffer {
    if (this.#bytes !== undefined) return this.#bytes;
    const frames = this.#divide().map((packet) => alone(packet)?.frame ?? batchFrame(packet, take));
    const [only] = frames;
    this.#bytes = only !== undefined && frames.length === 1 ? only : joinFrames(frames, take);
    return this.#bytes;
  }

  /** Everything as packets of text, for the ordinary path. */
  get texts(): string[] {
    return this.#divide().map(textOf);
  }

  /** How many packets it leaves as. */
  get packets(): number {
    return this.#divide().length;
  }

  /** Each message is a packet of its own, but two or more states in a row are one. */
  #divide(): Message[][] {
    if (this.#packets !== undefined) return this.#packets;
    const packets: Message[][] = [];
    let states: Message[] | undefined;
    for (const message of this.#messages()) {
      if (message.state !== null && states !== undefined) states.push(message);
      else {
        const packet = [message];
        packets.push(packet);
        states = message.state === null ? undefined : packet;
      }
    }
    this.#packets = packets;
    return packets;
  }

  #messages(): Message[] {
    const messages: Message[] = [];
    for (let at: SharedPacketList | null = this; at !== null; at = at.#before)
      if (at.#message !== null) messages.push(at.#message);
    return messages.reverse();
  }
}

const textOf = (packet: readonly Message[]): string => alone(packet)?.text ?? batchText(packet);

const alone = (packet: readonly Message[]): Message | undefined => (packet.length === 1 ? packet[0] : undefined);
