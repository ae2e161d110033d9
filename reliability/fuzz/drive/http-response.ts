export interface Response {
  readonly status: number;
  readonly body: string;
}

/**
 * The first final response in what was received (RFC 9112 sections 4 and 6), or undefined while it is incomplete.
 * @param headOnly - whether the request was a HEAD, whose answer has no body whatever its headers say
 * @throws SyntaxError for what is no response
 */
export function parseResponse(received: string, headOnly: boolean): Response | undefined {
  let text = received;
  for (;;) {
    const end = text.indexOf("\r\n\r\n");
    if (end < 0) return undefined;
    const head = text.slice(0, end);
    const status = Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]);
    if (Number.isNaN(status)) throw new SyntaxError(`No HTTP response: ${head.slice(0, 200)}`);
    text = text.slice(end + 4);
    if (status >= 100 && status < 200 && status !== 101) continue;
    if (headOnly || status === 101 || status === 204 || status === 304) return { status, body: "" };
    const body = bodyOf(head, text);
    return body === undefined ? undefined : { status, body };
  }
}

function bodyOf(head: string, text: string): string | undefined {
  if (/^transfer-encoding: chunked$/im.test(head)) return text.endsWith("0\r\n\r\n") ? text : undefined;
  const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
  return text.length < length ? undefined : text.slice(0, length);
}
