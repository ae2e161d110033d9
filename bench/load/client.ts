import { connect, type Socket } from "node:net";
import type { Target } from "../peers/peer.ts";
import { addressOf } from "../peers/users.ts";
import { clientFrame, FrameReader, opcodes } from "./frame-reader.ts";
import { upgradeRequest } from "./handshake.ts";

/** Called with what happens to a client. Buffers are valid during the call only. */
export interface ClientListener {
  /** The server has let the client in. */
  entered(client: Client): void;
  /** The server has said no; `text` is what it said. */
  refused(client: Client, text: string): void;
  /** One message for the application: an event, a frame, a MSG. */
  message(client: Client, buffer: Buffer, start: number, end: number): void;
  /** The acknowledgement of a request. */
  answered?(client: Client, id: number): void;
  /** The end, also of a connection that was never opened. `code` is that of the close frame, if one came. */
  closed(client: Client, code: number | undefined): void;
}

/** What is spoken within the frames of one connection. */
export interface Wire {
  /** The connection takes frames now. */
  opened(client: Client): void;
  frame(client: Client, buffer: Buffer, start: number, end: number): void;
}

interface ClientOptions {
  readonly target: Target;
  readonly user: number;
  /** In the order of opening, from 0. */
  readonly index: number;
  /** Socket.IO's. */
  readonly namespace: string;
  readonly wire: Wire;
  readonly csrf: string | undefined;
  /** One for all clients: what is read is looked at before the next read. */
  readonly readBuffer: Buffer;
  readonly listener: ClientListener;
}

/**
 * One connection, with as little between the socket and the count as Node allows: a library would cost more per message
 * than the servers that are measured.
 */
export class Client {
  readonly index: number;
  readonly user: number;
  readonly namespace: string;
  readonly csrf: string | undefined;
  readonly listener: ClientListener;
  readonly #socket: Socket;
  readonly #frames: FrameReader;
  readonly #wire: Wire;
  /** The answer to the upgrade, until it is complete; undefined from then on. */
  #head: string | undefined;
  #closeCode: number | undefined;

  constructor({ target, user, index, namespace, wire, csrf, readBuffer, listener }: ClientOptions) {
    this.index = index;
    this.user = user;
    this.namespace = namespace;
    this.csrf = csrf;
    this.listener = listener;
    this.#wire = wire;
    this.#frames = new FrameReader((opcode, buffer, start, end) => this.#onFrame(opcode, buffer, start, end));
    this.#socket = connect({
      port: target.port,
      host: "127.0.0.1",
      localAddress: addressOf(user),
      noDelay: true,
      onread: {
        buffer: readBuffer,
        callback: (length) => {
          this.#onRead(readBuffer, length);
          return true;
        },
      },
    });
    this.#socket.on("connect", () => {
      if (target.wire === "tcp") return wire.opened(this);
      this.#head = "";
      this.#socket.write(upgradeRequest(target.port, target.path, user));
    });
    this.#socket.on("error", () => {});
    this.#socket.on("close", () => listener.closed(this, this.#closeCode));
  }

  send(text: string): void {
    this.#socket.write(clientFrame(text));
  }

  /** Stops and goes on reading: what the server sends then waits in its own buffers. */
  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  close(): void {
    this.#socket.destroy();
  }

  #onRead(buffer: Buffer, length: number): void {
    if (this.#head === undefined) return this.#frames.read(buffer, 0, length);
    const before = this.#head.length;
    this.#head += buffer.toString("latin1", 0, length);
    const end = this.#head.indexOf("\r\n\r\n");
    if (end < 0) return;
    const head = this.#head;
    if (!head.startsWith("HTTP/1.1 101")) {
      this.listener.refused(this, head);
      return this.close();
    }
    this.#head = undefined;
    this.#wire.opened(this);
    this.#frames.read(buffer, end + 4 - before, length);
  }

  #onFrame(opcode: number, buffer: Buffer, start: number, end: number): void {
    if (opcode === opcodes.text || opcode === opcodes.binary) return this.#wire.frame(this, buffer, start, end);
    if (opcode === opcodes.ping) this.#socket.write(clientFrame(buffer.subarray(start, end), opcodes.pong));
    if (opcode !== opcodes.close) return;
    this.#closeCode = end - start >= 2 ? buffer.readUInt16BE(start) : undefined;
    this.#socket.end();
  }
}
