import { type Finding, fail, pass, skip, warn } from "../finding.ts";
import type { Answer } from "../http-client.ts";
import type { Patient, Step } from "../step.ts";

const reachable = "realtime/reachable";

/** Whether Signalbox itself answers, and under which path. */
export const http: Step = {
  title: "HTTP",
  async run(patient) {
    let answer: Answer;
    try {
      answer = await patient.http.ask({ path: reachable });
    } catch (error) {
      const fix = "Look at the server's log: the port is open, and no HTTP answer comes.";
      return {
        findings: [fail(`No HTTP answer (${(error as NodeJS.ErrnoException).code ?? error}).`, fix)],
        isLast: true,
      };
    }
    if (answer.status === 204) {
      return { findings: [pass(`Signalbox answers below ${patient.url.pathname} in ${answer.tookMs.toFixed(0)} ms.`)] };
    }
    return { findings: [await whoElse(patient, answer)], isLast: true };
  },
};

/** Describes a response that did not come from Signalbox. */
async function whoElse({ url, http }: Patient, { status, headers }: Answer): Promise<Finding> {
  const target = URL.parse(headers.location ?? "", url);
  if (status >= 300 && status < 400 && target !== null) {
    const whole = target.href.replace(reachable, "");
    return fail(
      `The address redirects (${status}) to ${target.origin}.`,
      `Give clients ${whole}, and the server PUBLIC_URL=${target.origin}.`,
    );
  }
  if (status === 401 || status === 407) {
    return fail(
      `Something in front demands a sign-in of its own (${status}).`,
      "Let /realtime/ and the path of Socket.IO through without it.",
    );
  }
  if (status >= 502 && status <= 504) {
    return fail(
      `A proxy answers that the server behind it does not (${status}).`,
      "Start the server, and check the proxy's upstream: host, port and scheme.",
    );
  }
  const atRoot = url.pathname === "/" ? undefined : await http.ask({ path: `/${reachable}` }).catch(() => undefined);
  if (atRoot?.status === 204) {
    return fail(
      `Nothing of Signalbox is below ${url.pathname} (${status}); it answers at ${url.origin}/.`,
      `The path prefix is wrong: give clients ${url.origin}/, or let the proxy pass ${url.pathname} on (deploy/nginx/server-under-path.conf).`,
    );
  }
  return fail(
    `Something else answers below ${url.pathname} (${status}).`,
    "The path prefix is wrong, or it is another server: give the address below which /realtime/reachable answers 204. An application hands its listening server to createRealtime({ httpServer }).",
  );
}

/** Reserved for documentation (RFC 5737 section 3): no host has it. */
const madeUp = "203.0.113.77";

const isPrivate = (address = ""): boolean =>
  /^(::ffff:)?(127\.|10\.|192\.168\.|172\.(1[6-9]|2\d|3[01])\.|169\.254\.)|^::1$|^f[cd]|^fe80/i.test(address);

/** Whether rate limits and blocks count clients, or the proxies in front of them. */
export const proxyHeaders: Step = {
  title: "Proxy",
  async run({ http }, { config }) {
    const seen = config?.client_address;
    if (seen === undefined) return { findings: [skip("The server does not say which address it sees.")] };
    const { body, localAddress, remoteAddress, headers } = await http.ask({
      path: "realtime/client-config",
      headers: { "x-forwarded-for": madeUp },
    });
    const isBelieved = (JSON.parse(body) as { client_address?: string }).client_address === madeUp;
    const through = headers.via ?? headers.server;
    const by = through === undefined ? "" : ` through ${through}`;
    if (isBelieved && !isPrivate(localAddress)) {
      const fix =
        "Name in TRUST_PROXY your own proxies only, by address: a trusted proxy may claim any address, and then no limit holds.";
      return { findings: [fail("An X-Forwarded-For that this client made up was believed.", fix)] };
    }
    if (isBelieved) {
      return {
        findings: [
          skip("This machine is a trusted proxy by TRUST_PROXY, so what others are believed cannot be seen from here."),
        ],
      };
    }
    if (isPrivate(seen) && !isPrivate(remoteAddress)) {
      const fix = `Name the proxy in TRUST_PROXY (${seen}), and let it send X-Forwarded-For: limits and blocks count all clients as one now.`;
      return { findings: [warn(`The server takes this client for ${seen}, which is a proxy's address.`, fix)] };
    }
    return {
      findings: [pass(`The server sees this client as ${seen}${by}, and believes no address that a client makes up.`)],
    };
  },
};
