import { batchFrame, batchText, type Message } from "./encoded-packet.ts";
import type { FrameBufferPool } from "./frame-buffer-pool.ts";
import { joinFrames } from "./websocket-frame.ts";

/**
 * The packets that a connection is to receive, in order. Connections that received the same packets share a node of a
 * prefix tree, and the same message leads them to the same next node. So the bytes that a thousand members of a room
 * receive within a turn are built once, not a thousand times.
 */
export class SharedPacketList {
  /** Characters of all its messages; the size in bytes is that, or a little more. */
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

  /** The root of the tree, for connections that have nothing to send. */
  static start(): SharedPacketList {
    return new SharedPacketList(null, null);
  }

  /**
   * Remembers the last two next nodes: a broadcast goes to all its members before the next begins, while a state goes
   * to its watchers in two forms.
   */
  followedBy(message: Message): SharedPacketList {
    if (this.#next !== undefined && this.#next.#message === message) return this.#next;
    if (this.#nextBefore !== undefined && this.#nextBefore.#message === message) return this.#nextBefore;
    this.#nextBefore = this.#next;
    this.#next = new SharedPacketList(this, message);
    return this.#next;
  }

  /** Everything as WebSocket frames in one buffer, built in the buffer pool by the first connection that needs it. */
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

  /** The number of packets that it is sent as. */
  get packets(): number {
    return this.#divide().length;
  }

  /** Each message is a packet of its own, but two or more states in a row are one packet. */
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
