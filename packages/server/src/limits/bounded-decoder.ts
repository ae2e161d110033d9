import { Decoder, Encoder, isPacketValid, type Packet, PacketType } from "socket.io-parser";
import { Refusal } from "../refusal.ts";

/** The deepest nesting that is parsed: deeper payloads are no data but an attack on whoever walks them. */
const maxDepth = 64;

/** The handshake's `auth` and acknowledgements are small. */
const maxControlBytes = 16_384;

/** What stands before the payload (Socket.IO protocol 5): type, number of attachments, namespace. */
const preamble = /^(?:[56][^-]*-|.)(?:\/[^,]*,?)?/s;

/**
 * An acknowledgement id that would be answered with another one: of more digits than a double holds exactly, or with
 * white space in it, which Socket.IO's parser takes for digits. `Infinity`, `1e+26` or `NaN` in its place make an
 * answer that is no packet.
 */
const inexactId = /^(?:[56][^-]*-|[23])(?:\/[^,]*,)?\d*(?:\d{16}|\s)/;

/** Namespace, acknowledgement id and event name of an event without attachments. */
const eventHead = /^2(?:(\/[^,]{0,128}),)?(\d{1,15})?\["((?:[^"\\]|\\.){0,256})"/;

/**
 * Socket.IO's parser with bounds that hold before anything is parsed. A frame beyond them becomes an event whose payload
 * is the refusal itself: a class instance cannot come out of JSON, so the event gate knows it for what it is and the
 * sender gets an ordinary answer. Where there is nobody to answer, decoding throws and Socket.IO closes the connection.
 * @param maxEventBytes - bytes of an event's frame in UTF-8, its attachments included
 */
export function boundedParser({ maxEventBytes }: { maxEventBytes: number }): {
  Encoder: typeof Encoder;
  Decoder: typeof Decoder;
} {
  class BoundedDecoder extends Decoder {
    /** Bytes received of the packet that is being put together, attachments included. */
    #received = 0;

    override add(frame: unknown): void {
      if (typeof frame !== "string") {
        this.#received += (frame as { byteLength?: number }).byteLength ?? 0;
        if (this.#received > maxEventBytes) throw new Error("An event and its attachments exceed the event size.");
        return super.add(frame);
      }
      if (inexactId.test(frame)) throw new Error("An acknowledgement id is not 1 to 15 digits.");
      const refusal = boundsRefusal(frame, maxEventBytes);
      if (refusal === undefined) {
        // Throws while attachments are missing: no text in between may set the count back.
        super.add(frame);
        this.#received = Buffer.byteLength(frame);
        return;
      }
      const packet = refusedPacket(frame, refusal);
      if (packet === undefined) throw refusal;
      this.emitReserved("decoded", packet);
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
function deeperThan(frame: string, limit: number): boolean {
  if (frame.length <= limit) return false;
  let depth = 0;
  let inString = false;
  // From the payload on: a quote in the namespace would turn strings inside out, and hide the brackets.
  for (let index = preamble.exec(frame)?.[0].length ?? 0; index < frame.length; index += 1) {
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
 * The event that the sender gets its answer for; undefined where none can be made out. Attachments would follow a
 * binary event and be taken for something else, and Socket.IO's reserved names are no events.
 */
function refusedPacket(frame: string, refusal: Refusal): Packet | undefined {
  const head = eventHead.exec(frame);
  if (head === null) return undefined;
  const [, nsp = "/", id, name = ""] = head;
  const data = [name, refusal];
  const packet: Packet = { type: PacketType.EVENT, nsp, data, ...(id !== undefined && { id: Number(id) }) };
  return isPacketValid(packet) ? packet : undefined;
}
