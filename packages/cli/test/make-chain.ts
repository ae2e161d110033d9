/** An authority, an intermediate one and a certificate for loopback, made by OpenSSL: Node signs none. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Chain {
  /** The file for `--ca`. */
  readonly authority: string;
  readonly key: string;
  /** The certificate alone, and followed by the intermediate one. */
  readonly leaf: string;
  readonly full: string;
  remove(): void;
}

export function makeChain(): Chain {
  const folder = mkdtempSync(join(tmpdir(), "chain-"));
  const at = (name: string): string => join(folder, name);
  const openssl = (...args: string[]): void => void execFileSync("openssl", args, { stdio: "pipe" });
  const keyOf = (name: string): string[] => [
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:prime256v1",
    "-nodes",
    "-keyout",
    at(`${name}.key`),
  ];

  openssl("req", "-x509", ...keyOf("root"), "-days", "60", "-subj", "/CN=authority", "-out", at("root.crt"));
  const sign = (name: string, by: string, extensions: string): void => {
    writeFileSync(at(`${name}.ext`), extensions);
    openssl("req", ...keyOf(name), "-subj", `/CN=${name}`, "-out", at(`${name}.csr`));
    const signer = ["-CA", at(`${by}.crt`), "-CAkey", at(`${by}.key`), "-CAcreateserial"];
    openssl(
      "x509",
      "-req",
      "-in",
      at(`${name}.csr`),
      ...signer,
      "-days",
      "60",
      "-extfile",
      at(`${name}.ext`),
      "-out",
      at(`${name}.crt`),
    );
  };
  sign("between", "root", "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign");
  sign("leaf", "between", "subjectAltName=IP:127.0.0.1,DNS:localhost");
  writeFileSync(at("full.crt"), readFileSync(at("leaf.crt"), "utf8") + readFileSync(at("between.crt"), "utf8"));
  return {
    ...{ authority: at("root.crt"), key: at("leaf.key"), leaf: at("leaf.crt"), full: at("full.crt") },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
