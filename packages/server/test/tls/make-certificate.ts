/** Untrusted certificates, made by OpenSSL: Node cannot sign any. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  remove(): void;
}

/** A self-signed certificate for loopback, with the name as its subject, in a folder of its own. */
export function makeCertificate(name: string): CertificateFiles {
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  const [cert, key] = [join(folder, "tls.crt"), join(folder, "tls.key")];
  execFileSync(
    "openssl",
    [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
      ...["-subj", `/CN=${name}`, "-addext", "subjectAltName=IP:127.0.0.1,DNS:localhost"],
      ...["-keyout", key, "-out", cert],
    ],
    { stdio: "pipe" },
  );
  return { cert, key, remove: () => rmSync(folder, { recursive: true, force: true }) };
}
