import { Decoder, Encoder, PacketType } from "socket.io-parser";
import { Refusal } from "../refusal.ts";

/** The deepest nesting that is parsed: deeper payloads are no data but an attack on whoever walks them. */
const maxDepth = 64;

/** The handshake's `auth` and acknowledgements are small. */
const maxControlBytes = 16_384;

/** `type`, namespace, acknowledgement id and event name at the head of a frame (Socket.IO protocol 5). */
const eventHead = /^[25](?:\d+-)?(?:(\/[^,]{0,128}),)?(\d{1,16})?\["((?:[^"\\]|\\.){0,256})"/;

/**
 * Socket.IO's parser with bounds that hold before anything is parsed. A frame beyond them becomes an event whose payload
 * is the refusal itself: a class instance cannot come out of JSON, so the event gate knows it for what it is and the
 * sender gets an ordinary answer. Where there is nobody to answer, decoding throws and Socket.IO closes the connection.
 */
export function boundedParser({ maxEventBytes }: { maxEventBytes: number }): {
  Encoder: typeof Encoder;
  Decoder: typeof Decoder;
} {
  class BoundedDecoder extends Decoder {
    /** Bytes of the binary attachments received for the event that is being put together. */
    #attached = 0;

    override add(frame: unknown): void {
      if (typeof frame !== "string") {
        this.#attached += (frame as { byteLength?: number }).byteLength ?? 0;
        if (this.#attached > maxEventBytes) throw new Error("Binary attachments exceed the event size.");
        return super.add(frame);
      }
      this.#attached = 0;
      const refusal = boundsRefusal(frame, maxEventBytes);
      if (refusal === undefined) return super.add(frame);
      const packet = refusedPacket(frame, refusal);
      if (packet === undefined) throw refusal;
      this.emitReserved("decoded", packet as never);
    }
  }
  return { Encoder, Decoder: BoundedDecoder };
}

function boundsRefusal(frame: string, maxEventBytes: number): Refusal | undefined {
  const type = frame.charCodeAt(0) - 48;
  const isEvent = type === PacketType.EVENT || type === PacketType.BINARY_EVENT;
  const bound = isEvent ? maxEventBytes : maxControlBytes;
  if (byteLengthAbove(frame, bound)) {
    return new Refusal("payload_too_large", { hint: `SIGNALBOX_MAX_EVENT_SIZE is ${maxEventBytes} bytes.` });
  }
  if (deeperThan(frame, maxDepth)) {
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
function deeperThan(text: string, limit: number): boolean {
  if (text.length <= limit) return false;
  let depth = 0;
  let inString = false;
  for (let index = 0; index < text.length; index += 1) {
    const code = text.charCodeAt(index);
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

function refusedPacket(frame: string, refusal: Refusal): object | undefined {
  // Attachments would follow a binary event and be taken for something else: there the connection has to go.
  if (frame.charCodeAt(0) - 48 !== PacketType.EVENT) return undefined;
  const head = eventHead.exec(frame);
  if (head === null) return undefined;
  const [, nsp = "/", id, name = ""] = head;
  return { type: PacketType.EVENT, nsp, data: [name, refusal], ...(id !== undefined && { id: Number(id) }) };
}
