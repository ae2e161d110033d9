import type { Socket } from "node:net";
import { type RawResponse, rawRequest, sendRaw, upgradeHeaders, watchStalls } from "@signalbox/server/testing";
import { WebSocket } from "ws";
import type { Target } from "./target.ts";
import type { Login } from "./target-protocol.ts";

/** A WebSocket that speaks Engine.IO by hand. */
export interface Wire {
  readonly frames: readonly string[];
  readonly socket: WebSocket;
  /** Sends frames in one burst. */
  send(...frames: readonly string[]): void;
  isOpen(): boolean;
}

interface OpenOptions {
  readonly cookie?: string;
  readonly origin?: string;
  readonly sid?: string;
}

/** An attacker at one address, with what a browser, a script and a raw socket can do. */
export interface Attacker {
  readonly target: Target;
  /** Opens a WebSocket; rejects when it is refused. */
  open(options?: OpenOptions): Promise<Wire>;
  /** Opens one, asks for a namespace and waits for the answer, or until it is closed. */
  knock(login: Login, namespace?: string): Promise<Wire>;
  /** The same; rejects unless it is let in, since an attack on nothing shows nothing. */
  enter(login: Login, namespace?: string): Promise<Wire>;
  /** Opens a polling connection and returns its sid. */
  openPolling(cookie: string): Promise<string>;
  request(method: string, path: string, headers?: Record<string, string>, body?: string): Promise<RawResponse>;
  upgrade(path: string, headers: Record<string, string>): Promise<RawResponse>;
  /** Closes what is still open. */
  leave(): void;
}

export const foreign = "http://evil.example";
const path = "/socket.io/?EIO=4&transport=";
export const pollingPath = (sid = ""): string => `${path}polling${sid && `&sid=${sid}`}`;
export const upgradePath = (sid = ""): string => `${path}websocket${sid && `&sid=${sid}`}`;

export const connectFrame = (auth: object, namespace = "/"): string =>
  `40${namespace === "/" ? "" : `${namespace},`}${JSON.stringify(auth)}`;

/** @param address - of loopback: limits by address are its own, whatever others do */
export function createAttacker(target: Target, address: string): Attacker {
  const wires: Wire[] = [];

  async function open({ cookie, origin = target.origin, sid = "" }: OpenOptions = {}): Promise<Wire> {
    const headers = { Origin: origin, ...(cookie !== undefined && { Cookie: cookie }) };
    const socket = new WebSocket(`ws://127.0.0.1:${target.port}${upgradePath(sid)}`, {
      headers,
      localAddress: address,
    });
    const frames: string[] = [];
    socket.on("message", (data) => {
      const frame = String(data);
      frames.push(frame);
      if (frame === "2") socket.send("3");
    });
    await new Promise<void>((resolve, reject) => {
      socket.once("open", resolve);
      socket.on("error", reject);
    });
    const isOpen = () => socket.readyState === WebSocket.OPEN;
    const send = (...all: readonly string[]) => {
      // In one write, so that a burst arrives as one.
      const { _socket: stream } = socket as unknown as { _socket: Socket };
      stream.cork();
      for (const frame of all) if (isOpen()) socket.send(frame);
      stream.uncork();
    };
    const wire = { frames, socket, isOpen, send };
    wires.push(wire);
    return wire;
  }

  async function knock({ cookie, auth }: Login, namespace = "/"): Promise<Wire> {
    const wire = await open({ cookie });
    wire.send(connectFrame(auth, namespace));
    await until(() => wire.frames.some((frame) => /^4[04]/.test(frame)) || !wire.isOpen(), 7000);
    return wire;
  }

  const request: Attacker["request"] = (method, to, headers = {}, body = "") =>
    sendRaw(target.port, rawRequest(method, to, Object.entries({ Connection: "close", ...headers }), body));

  return {
    target,
    open,
    knock,
    async enter(login, namespace) {
      const wire = await knock(login, namespace);
      if (!wire.frames.some((frame) => frame.startsWith("40"))) throw new Error("The attacker was not let in.");
      return wire;
    },
    async openPolling(cookie) {
      const { body } = await request("GET", pollingPath(), { Origin: target.origin, Cookie: cookie });
      return /"sid":"([^"]+)"/.exec(body)?.[1] ?? "";
    },
    request,
    upgrade: (to, headers) =>
      sendRaw(target.port, rawRequest("GET", to, [...upgradeHeaders, ...Object.entries(headers)])),
    leave() {
      for (const { socket } of wires) socket.terminate();
    },
  };
}

/** Waits until something is so; tells whether it came to be within `withinMs` (3,000), without the machine's stalls. */
export async function until(isSo: () => boolean | Promise<boolean>, withinMs = 3000): Promise<boolean> {
  const startedAt = performance.now();
  const stalled = watchStalls();
  while (performance.now() - startedAt - stalled() < withinMs) {
    if (await isSo()) return true;
    await passed(20);
  }
  return false;
}

/** Waits for what an attack builds on; rejects when it does not come to be. */
export async function certain(what: string, isSo: () => boolean | Promise<boolean>): Promise<void> {
  if (!(await until(isSo))) throw new Error(`Before the attack it must be so: ${what}.`);
}

/** The code of a refusal that a server answered, or the word that it used. */
export const refusalIn = ({ frames }: Wire): string | undefined =>
  /^4[34]\S*?"(?:code|message)":"(\w+)/m.exec(frames.filter((frame) => /^4[34]/.test(frame)).join("\n"))?.[1];

export const passed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Whether a note reaches a client. */
export async function reached(
  attacker: Attacker,
  wire: Wire,
  userId: string,
  text: string,
  namespace = "/",
): Promise<boolean> {
  await attacker.target.app.note(namespace, userId, text, 1);
  return until(() => notes(wire, text) > 0, 500);
}

export const notes = (wire: Wire, text: string): number =>
  wire.frames.filter((frame) => frame.includes(`"${text}"`)).length;
