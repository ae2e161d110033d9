import type { z } from "zod";
import { Refusal } from "./refusal.ts";

/**
 * Parses an input with a schema.
 * @throws Refusal `payload_invalid`, whose hint names the field
 */
export function validatePayload<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const { data, error } = schema.safeParse(input);
  if (error === undefined) return data as z.output<Schema>;
  const [issue] = error.issues;
  throw new Refusal("payload_invalid", { hint: `${issue?.path.join(".")}: ${issue?.message}` });
}
