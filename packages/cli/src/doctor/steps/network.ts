import { lookup } from "node:dns/promises";
import { connect, isIP } from "node:net";
import { fail, pass, warn } from "../finding.ts";
import type { Step } from "../step.ts";

/** A host in the form that sockets take: without the brackets that URLs put around IPv6. */
export const hostOf = (url: URL): string => url.hostname.replace(/^\[|\]$/g, "");

export const portOf = (url: URL): number => Number(url.port || (url.protocol === "https:" ? 443 : 80));

const timeoutMs = 5000;

export const nameResolution: Step = {
  title: "Name",
  async run({ url }) {
    const host = hostOf(url);
    try {
      const addresses = (await lookup(host, { all: true })).map(({ address }) => address);
      const says = isIP(host) ? `${host} is an address.` : `${host} is ${addresses.join(", ")}.`;
      return { findings: [pass(says)], facts: { addresses } };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      const fix = `Check the spelling, and the DNS record of ${host}.`;
      return { findings: [fail(`No address is known for ${host} (${code}).`, fix)], isLast: true };
    }
  },
};

export const tcp: Step = {
  title: "TCP",
  async run({ url }, { addresses = [] }) {
    const port = portOf(url);
    const tried = await Promise.all(
      addresses.map(async (address) => ({ address, problem: await reach(address, port) })),
    );
    const reached = tried.filter(({ problem }) => problem === undefined).map(({ address }) => address);
    const missed = tried.filter(({ problem }) => problem !== undefined);
    if (reached.length === 0) {
      const seen = missed.map(({ address, problem }) => `${address} (${problem})`).join(", ");
      const fix =
        "Start the server, and check HOST, PORT and the firewall: a server with HOST=localhost is reached from its own machine only.";
      return { findings: [fail(`Nothing answers on port ${port} of ${seen}.`, fix)], isLast: true };
    }
    const says = `Port ${port} answers on ${reached.join(", ")}.`;
    // A name of the machine itself has two addresses, and a server listens on one: clients cope with that.
    if (missed.length === 0 || hostOf(url) === "localhost") return { findings: [pass(says)] };
    const silent = missed.map(({ address, problem }) => `${address} (${problem})`).join(", ");
    const fix =
      "Let the server listen there as well (HOST=:: for every address), or take the address out of the DNS record.";
    return { findings: [warn(`${says} Nothing answers on ${silent}: clients that try it first wait.`, fix)] };
  },
};

/** @returns the system's code of the failure; undefined when a connection could be opened */
function reach(host: string, port: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: timeoutMs });
    const end = (problem?: string): void => {
      socket.destroy();
      resolve(problem);
    };
    socket.once("connect", () => end());
    socket.once("timeout", () => end("ETIMEDOUT"));
    socket.once("error", (error: NodeJS.ErrnoException) => end(error.code ?? error.message));
  });
}
