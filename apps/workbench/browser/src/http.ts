import { connectionLost } from "./connection-return.ts";

/** The server refused the request, or was unreachable; `message` is a sentence for the user. */
export class RequestFailed extends Error {
  /** The server's code, or `unreachable`. */
  readonly code: string;
  /** The HTTP status; 0 when no response arrived. */
  readonly status: number;

  constructor(code: string, status: number, message: string) {
    super(message);
    this.code = code;
    this.status = status;
  }
}

const unreachable = () =>
  new RequestFailed("unreachable", 0, "The server cannot be reached. Check your connection and try again.");

export async function getJson<Body>(path: string): Promise<Body> {
  return readJson(await send(path, { headers: { accept: "application/json" } }));
}

/** @param csrf - the token of client-config; Better Auth's routes have their own protection and need none */
export async function postJson<Body>(path: string, body: object, csrf?: string): Promise<Body> {
  const headers = new Headers({ accept: "application/json", "content-type": "application/json" });
  if (csrf !== undefined) headers.set("x-csrf-token", csrf);
  return readJson(await send(path, { method: "POST", headers, body: JSON.stringify(body) }));
}

async function send(path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(path, { credentials: "same-origin", ...init });
  } catch {
    connectionLost();
    throw unreachable();
  }
}

async function readJson<Body>(response: Response): Promise<Body> {
  const text = await response.text().catch(() => {
    connectionLost();
    throw unreachable();
  });
  if (!response.ok) throw failureOf(response.status, text);
  return JSON.parse(text) as Body;
}

/** Reads `{error: {code, message}}` of this application and `{code, message}` of Better Auth alike. */
export function failureOf(status: number, text: string): RequestFailed {
  if (status === 0) return unreachable();
  const { code, message } = errorIn(text);
  return new RequestFailed(code ?? "unknown", status, message ?? `The server answered with an error (${status}).`);
}

function errorIn(text: string): { code?: string; message?: string } {
  try {
    const body = JSON.parse(text);
    return body?.error ?? body ?? {};
  } catch {
    // Not JSON: a page of an intermediate proxy. Its status is sufficient.
    return {};
  }
}

/** The sentence to show for any thrown value. */
export const sentenceOf = (error: unknown): string =>
  typeof error === "string"
    ? error
    : error instanceof Error
      ? error.message
      : "Something went wrong. Please try again.";
