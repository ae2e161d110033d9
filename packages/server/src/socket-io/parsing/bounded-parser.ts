import { Decoder, Encoder, isPacketValid, type Packet, PacketType } from "socket.io-parser";
import { Refusal } from "../../core/refusal.ts";

/** The deepest nesting that is parsed: deeper payloads are no data but an attack on code that walks them. */
const maxDepth = 64;

/** The handshake's `auth` and acknowledgements are small. */
const maxControlBytes = 16_384;

/**
 * The part before the payload (Socket.IO protocol 5): type, number of attachments, namespace, acknowledgement id.
 * Socket.IO itself accepts everything that JavaScript converts to a number: `1e0` attachments, a blank as an id, or 400
 * digits, which it would answer as `Infinity`.
 */
const preamble = /^(?:[0-4]|[56]\d{1,3}-)(\/[^,]*(?:,|$))?(\d*)(?=[[{"]|$)/;

/** The name in the payload of an event. */
const eventName = /^\["((?:[^"\\]|\\.){0,256})"/;

/** Types of packets that require a payload. */
const payloadTypes: ReadonlySet<number> = new Set([
  PacketType.EVENT,
  PacketType.ACK,
  PacketType.BINARY_EVENT,
  PacketType.BINARY_ACK,
]);

interface BoundedParserOptions {
  readonly maxEventBytes: number;
  onFailed?(error: unknown): void;
}

/**
 * Socket.IO's parser with limits that apply before anything is parsed. A frame beyond them becomes an event whose
 * payload is the refusal itself. A class instance cannot come out of JSON, so the event dispatcher recognises it and
 * the sender receives an ordinary answer. Where no sender can be answered, decoding throws and Socket.IO closes the
 * connection.
 * @param maxEventBytes - bytes of an event's frame in UTF-8, its attachments included
 * @param onFailed - called with the reason why a frame cannot be decoded
 */
export function boundedParser({ maxEventBytes, onFailed }: BoundedParserOptions): {
  Encoder: typeof Encoder;
  Decoder: typeof Decoder;
} {
  class BoundedDecoder extends Decoder {
    /** Bytes received of the packet that is being put together, attachments included. */
    #received = 0;

    override add(frame: unknown): void {
      try {
        this.#decode(frame);
      } catch (error) {
        onFailed?.(error);
        throw error;
      }
    }

    #decode(frame: unknown): void {
      if (frame === undefined) throw new Error("The message is empty.");
      if (typeof frame !== "string") {
        this.#received += (frame as { byteLength?: number }).byteLength ?? 0;
        if (this.#received > maxEventBytes) throw new Error("An event and its attachments exceed the event size.");
        return super.add(frame);
      }
      const head = readHead(frame);
      const refusal = boundsRefusal(frame, head, maxEventBytes);
      if (refusal === undefined) {
        // This throws while attachments are missing: no text in between may reset the count.
        super.add(frame);
        this.#received = Buffer.byteLength(frame);
        return;
      }
      const packet = refusedPacket(frame, head, refusal);
      if (packet === undefined) throw refusal;
      this.emitReserved("decoded", packet);
    }
  }
  return { Encoder, Decoder: BoundedDecoder };
}

/** What is known of a frame before its payload is parsed. */
interface FrameHead {
  readonly type: PacketType;
  readonly namespace: string;
  readonly id: number | undefined;
  /** Where the payload begins. */
  readonly payloadAt: number;
}

/** @throws Error for a frame that is no packet, or has an acknowledgement id that a number cannot hold */
function readHead(frame: string): FrameHead {
  const match = preamble.exec(frame);
  if (match === null) throw new Error("The frame is no packet of Socket.IO protocol 5.");
  const [text, namespace = "/", digits = ""] = match;
  const type = frame.charCodeAt(0) - 48;
  const id = digits === "" ? undefined : Number(digits);
  if (id !== undefined && !Number.isSafeInteger(id)) throw new Error("The acknowledgement id is not exact.");
  if (payloadTypes.has(type) && text.length === frame.length) throw new Error("The packet has no payload.");
  return { type, namespace: namespace.replace(",", ""), id, payloadAt: text.length };
}

function boundsRefusal(frame: string, { type, payloadAt }: FrameHead, maxEventBytes: number): Refusal | undefined {
  const isEvent = type === PacketType.EVENT || type === PacketType.BINARY_EVENT;
  const bound = isEvent ? maxEventBytes : maxControlBytes;
  if (byteLengthAbove(frame, bound)) {
    const hint = isEvent
      ? `SIGNALBOX_MAX_EVENT_SIZE is ${maxEventBytes} bytes.`
      : `A handshake or acknowledgement has at most ${maxControlBytes} bytes.`;
    return new Refusal("payload_too_large", { hint });
  }
  if (deeperThan(frame, payloadAt, maxDepth)) {
    return new Refusal("payload_invalid", { hint: `The payload is nested deeper than ${maxDepth} levels.` });
  }
  return undefined;
}

/** A character takes one to three bytes of UTF-8 per UTF-16 unit: most frames are decided by their length alone. */
function byteLengthAbove(text: string, bytes: number): boolean {
  if (text.length > bytes) return true;
  if (text.length * 3 <= bytes) return false;
  return Buffer.byteLength(text) > bytes;
}

/** Counts brackets outside of strings; stops at the first that is too deep. */
function deeperThan(frame: string, payloadAt: number, limit: number): boolean {
  if (frame.length <= limit) return false;
  let depth = 0;
  let inString = false;
  // From the payload on: a quote in the namespace would swap what is inside and outside of strings, and hide the
  // brackets.
  for (let index = payloadAt; index < frame.length; index += 1) {
    const code = frame.charCodeAt(index);
    if (inString) {
      if (code === 0x5c) index += 1;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x5b || code === 0x7b) {
      depth += 1;
      if (depth > limit) return true;
    } else if (code === 0x5d || code === 0x7d) depth -= 1;
  }
  return false;
}

/**
 * The event for which the sender gets its answer; undefined where there is none. Attachments would follow a binary
 * event and be taken for something else, and Socket.IO's reserved names are no events.
 */
function refusedPacket(
  frame: string,
  { type, namespace, id, payloadAt }: FrameHead,
  refusal: Refusal,
): Packet | undefined {
  const name = eventName.exec(frame.slice(payloadAt))?.[1];
  if (type !== PacketType.EVENT || name === undefined) return undefined;
  const packet: Packet = { type, nsp: namespace, data: [name, refusal], ...(id !== undefined && { id }) };
  return isPacketValid(packet) ? packet : undefined;
}
