/**
 * What is broadcast: the same bytes by every peer. A payload is the JSON text
 * `{"stamp":"t=0000001234567890","text":"xxx…"}`, padded with `x` to its size. Socket.IO peers emit it as the event
 * `news`, so that the frame reads `42["news",{"stamp":…}]`; others send it as it is.
 */

/** Microseconds of CLOCK_MONOTONIC, which all processes of a machine share: no difference of clocks is in a latency. */
export const monotonicUs = (): number => Math.round(originUs + performance.now() * 1000);

const originUs = Number(process.hrtime.bigint()) / 1000 - performance.now() * 1000;

/** Of fixed width, so that the load process finds and reads it in the bytes. */
export const stampOf = (us: number): string => `t=${String(us).padStart(stampDigits, "0")}`;

export const stampDigits = 16;

export interface Payload {
  readonly stamp: string;
  readonly text: string;
}

/** A payload whose JSON has `bytes` bytes. */
export const payloadOf = (bytes: number, us: number): Payload => ({
  stamp: stampOf(us),
  text: "x".repeat(bytes - envelopeBytes),
});

const envelopeBytes = JSON.stringify({ stamp: stampOf(0), text: "" }).length;

/**
 * The `message` of a progress update: when it was reported, and of which task. Both at fixed positions in it, so that
 * nothing else of a snapshot has to be read, in whatever order its fields come.
 */
export const messageOf = (task: number, us: number): string =>
  `${stampOf(us)}${taskMark}${String(task).padStart(taskDigits, "0")}`;

export const taskMark = " n=";
export const taskDigits = 4;

export const taskIdOf = (task: number): string => `task-${String(task).padStart(taskDigits, "0")}`;
