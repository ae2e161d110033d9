/** The workbench with a certificate of its own: its addresses, cookies and headers are those of https. */
import { readFileSync } from "node:fs";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { connectClient, transports } from "@signalbox/server/testing";
import { expect, it, onTestFinished } from "vitest";
import { makeCertificate } from "../../../../packages/server/test/tls/make-certificate.ts";
import { administrator, runWorkbench, signIn } from "../fixture.ts";

it("is reached over https, sets cookies for https only, and lets both transports in", async () => {
  const files = makeCertificate("workbench");
  onTestFinished(files.remove);
  setDefaultCACertificates([...getCACertificates(), readFileSync(files.cert, "utf8")]);
  const workbench = await runWorkbench({ TLS_CERT_FILE: files.cert, TLS_KEY_FILE: files.key });
  onTestFinished(workbench.remove);
  const { url } = workbench;
  expect(url).toBe(`https://127.0.0.1:${workbench.environment.PORT}`);

  const page = await fetch(url);
  expect(page.headers.get("strict-transport-security")).toContain("max-age");
  const entered = await fetch(`${url}/api/auth/sign-in/email`, {
    method: "POST",
    headers: { origin: url, "content-type": "application/json" },
    body: JSON.stringify(administrator),
  });
  const cookies = entered.headers.getSetCookie();
  expect(cookies.length).toBeGreaterThan(0);
  for (const cookie of cookies) expect(cookie).toContain("; Secure;");

  const { cookie } = await signIn(url, administrator);
  for (const transport of transports) {
    const client = await connectClient(url, { cookie, transport });
    onTestFinished(() => client.close());
    expect(await client.request("check_connection", {})).toMatchObject({ ok: true });
  }
});
