import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type Finding, fail, pass, skip, warn } from "../finding.ts";
import type { Patient, Step } from "../step.ts";
import { hostOf, portOf } from "./network.ts";

const timeoutMs = 5000;
const dayMs = 86_400_000;

/** An automatic renewal has happened by then. */
const soonDays = 14;

const chainFix =
  "Let the certificate file hold the certificate and after it the intermediate ones, up to the authority's: TLS_CERT_FILE here, `ssl_certificate` in nginx, often called fullchain.pem. For an authority of your own give --ca FILE.";

/** OpenSSL's verdict on a certificate -> what it means, and the fix. */
const causes: Readonly<Record<string, readonly [says: string, fix: string]>> = {
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: [
    "The chain is incomplete: the server sends its certificate without the intermediate one that signed it.",
    chainFix,
  ],
  UNABLE_TO_GET_ISSUER_CERT: ["The chain is incomplete: an intermediate certificate is missing.", chainFix],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ["The chain does not lead to an authority that this machine trusts.", chainFix],
  DEPTH_ZERO_SELF_SIGNED_CERT: ["The certificate is signed by itself: browsers warn of it.", chainFix],
  SELF_SIGNED_CERT_IN_CHAIN: ["The chain leads to an authority that this machine does not trust.", chainFix],
  CERT_HAS_EXPIRED: [
    "The certificate has expired.",
    "Renew it. The server takes the new one when TLS_CERT_FILE changes; nginx needs `nginx -s reload`.",
  ],
  CERT_NOT_YET_VALID: [
    "The certificate is not valid yet.",
    "Check the clock of this machine, and the dates of the certificate.",
  ],
  ERR_TLS_CERT_ALTNAME_INVALID: [
    "The certificate is for another name.",
    "Get one whose subject alternative names have this host, or use the address that it is for.",
  ],
};

export const tls: Step = {
  title: "TLS",
  async run(patient) {
    if (patient.url.protocol !== "https:") return { findings: [withoutTls(patient)] };
    let socket: TLSSocket;
    try {
      socket = await shakeHands(patient);
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      const fix =
        "Ask over http://, or give the server TLS_CERT_FILE and TLS_KEY_FILE, or a proxy in front that speaks TLS.";
      return {
        findings: [fail(`Port ${portOf(patient.url)} does not speak TLS (${code ?? message}).`, fix)],
        isLast: true,
      };
    }
    const { valid_to } = socket.getPeerCertificate();
    const { authorized, authorizationError } = socket;
    const protocol = socket.getProtocol();
    socket.destroy();
    if (!authorized) {
      const code = String(authorizationError);
      const cause = Object.entries(causes).find(([name]) => code.includes(name))?.[1];
      const [says, fix] = cause ?? [`The certificate is not accepted (${code}).`, chainFix];
      // No cookie is sent to a server whose identity is not verified.
      return { findings: [fail(says, fix)], isLast: true };
    }
    const days = Math.floor((Date.parse(valid_to) - Date.now()) / dayMs);
    const says = `${protocol}, the certificate is valid for ${days} more days.`;
    const fix = "Renew it before that; the server takes the new one when TLS_CERT_FILE changes.";
    return { findings: [days < soonDays ? warn(says, fix) : pass(says)] };
  },
};

function withoutTls({ url }: Patient): Finding {
  const isLocal = /^(localhost|127\.|::1)/.test(hostOf(url));
  if (isLocal) return skip("Not used, and not needed on this machine.");
  const fix =
    "Serve it over https: TLS_CERT_FILE and TLS_KEY_FILE, or a proxy that speaks TLS (deploy/nginx/server-tls.conf).";
  return warn("The address is http://: cookies and everything else can be read on the way.", fix);
}

function shakeHands({ url, ca }: Patient): Promise<TLSSocket> {
  const host = hostOf(url);
  const options: ConnectionOptions = {
    ...{ host, port: portOf(url), timeout: timeoutMs, rejectUnauthorized: false },
    // Names only: RFC 6066 section 3 allows no addresses in server_name.
    ...(/[a-z]/i.test(host) && !host.includes(":") && { servername: host }),
    ...(ca !== undefined && { ca }),
  };
  return new Promise((resolve, reject) => {
    const socket = connect(options, () => resolve(socket));
    socket.once("timeout", () => socket.destroy(new Error("no answer")));
    socket.once("error", reject);
  });
}
