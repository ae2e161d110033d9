import { stampDigits } from "../peers/payloads.ts";

const quote = 0x22;
const letterT = 0x74;
const equals = 0x3d;
const zero = 0x30;

/**
 * Where the digits of the next stamp (`"t=…`) begin, or -1. Found in the bytes: to parse the JSON of every message
 * would cost the load process more than the server had with it.
 */
export function findStamp(buffer: Buffer, start: number, end: number): number {
  for (let at = start; at + 3 <= end; at += 1) {
    if (buffer[at] === quote && buffer[at + 1] === letterT && buffer[at + 2] === equals) return at + 3;
  }
  return -1;
}

/** Microseconds of the monotonic clock. */
export const readStamp = (buffer: Buffer, at: number): number => readDigits(buffer, at, stampDigits);

export function readDigits(buffer: Buffer, at: number, digits: number): number {
  let number = 0;
  for (let index = at; index < at + digits; index += 1) number = number * 10 + (buffer[index] as number) - zero;
  return number;
}
