/** Numbers and times in readable form. A number stays on one line with its unit. */

const nbsp = "\u00a0";

const units = ["bytes", "KB", "MB", "GB", "TB"];

/** 1,536 is "1.5 KB". */
export function sizeWords(bytes: number): string {
  const power = Math.min(Math.floor(Math.log2(Math.max(bytes, 1)) / 10), units.length - 1);
  const value = bytes / 1024 ** power;
  const digits = power > 0 && value < 10 ? 1 : 0;
  return `${Number(value.toFixed(digits))}${nbsp}${units[power]}`;
}

/** The name of an image in another format: "beach.jpg" as WebP is "beach.webp". */
export const downloadName = (name: string, extension: string): string =>
  `${name.replace(/\.[^.]*$/, "") || "image"}.${extension}`;

/** "78 % smaller", or another description of the size change. */
export function savingWords(before: number, after: number): string {
  const percent = Math.round((1 - after / before) * 100);
  if (percent > 0) return `${percent}${nbsp}% smaller`;
  return percent === 0 ? "same size" : `${-percent}${nbsp}% larger`;
}

export function etaWords(seconds: number): string {
  if (seconds < 5) return "a few seconds left";
  if (seconds < 60) return `about ${Math.ceil(seconds / 5) * 5} seconds left`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `about ${plural(minutes, "minute")} left`;
  return `about ${plural(Math.round(minutes / 60), "hour")} left`;
}

/** 11,523 seconds are "3 h 12 min". */
export function durationWords(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  if (hours >= 24) return `${Math.floor(hours / 24)} d ${hours % 24} h`;
  if (hours > 0) return `${hours} h ${minutes % 60} min`;
  return minutes > 0 ? `${minutes} min ${Math.floor(seconds % 60)} s` : `${Math.floor(seconds)} s`;
}

/** The time of day of a number of milliseconds since the epoch. */
export const clockWords = (at: number, withSeconds = true): string =>
  new Date(at).toLocaleTimeString(undefined, {
    ...{ hour: "2-digit", minute: "2-digit" },
    ...(withSeconds && { second: "2-digit" }),
  });

/** The time of day, with the date unless it is today. */
export function timeWords(iso: string): string {
  const time = new Date(iso);
  const clock = clockWords(time.getTime());
  if (time.toDateString() === new Date().toDateString()) return clock;
  return `${time.toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" })}, ${clock}`;
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/** How long ago or ahead a time is, in the largest unit that fits; beyond a week the date. */
export function agoWords(iso: string, now: number): string {
  const seconds = (Date.parse(iso) - now) / 1000;
  const distance = Math.abs(seconds);
  if (distance < 45) return "just now";
  if (distance < 45 * 60) return relative.format(Math.round(seconds / 60), "minute");
  if (distance < 22 * 3600) return relative.format(Math.round(seconds / 3600), "hour");
  if (distance < 6.5 * 86_400) return relative.format(Math.round(seconds / 86_400), "day");
  return new Date(iso).toLocaleDateString(undefined, { day: "numeric", month: "short", year: "numeric" });
}

export const plural = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : nouns}`;
