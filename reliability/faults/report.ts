export function writeReport(_: unknown): string {
  return "";
}
