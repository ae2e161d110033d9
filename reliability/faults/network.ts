import { spawnSync } from "node:child_process";

/** Where servers and clients live, and how they are started there. */
export interface Network {
  readonly host: string;
  readonly server: readonly string[];
  readonly clients: readonly string[];
}

export const loopback: Network = { host: "127.0.0.1", server: [], clients: [] };

/** Two networks with a router between them that can stop forwarding: neither end is notified then. */
export interface RoutedNetwork extends Network {
  forward(on: boolean): void;
  remove(): void;
}

/**
 * Makes network namespaces for servers, clients and a router. They have no way out of this machine, nor into one another
 * but by the router (ip-netns(8)). Undefined where that is not permitted.
 */
export function openRoutedNetwork(): RoutedNetwork | undefined {
  const id = `sbx${process.pid}`;
  const [servers, router, clients] = [`${id}s`, `${id}r`, `${id}c`];
  const run = (...argument: string[]): boolean => spawnSync("ip", argument, { stdio: "ignore" }).status === 0;
  const within = (namespace: string) => ["ip", "netns", "exec", namespace];

  function link(namespace: string, near: string, subnet: number): boolean {
    const far = `r${near}`;
    const address = (host: number) => `10.213.${subnet}.${host}`;
    return (
      run("link", "add", near, "netns", namespace, "type", "veth", "peer", "name", far, "netns", router) &&
      run("-n", namespace, "addr", "add", `${address(2)}/24`, "dev", near) &&
      run("-n", router, "addr", "add", `${address(1)}/24`, "dev", far) &&
      [near, "lo"].every((device) => run("-n", namespace, "link", "set", device, "up")) &&
      run("-n", router, "link", "set", far, "up") &&
      run("-n", namespace, "route", "add", "default", "via", address(1))
    );
  }

  function forward(on: boolean): boolean {
    return run(...within(router).slice(1), "sh", "-c", `echo ${on ? 1 : 0} > /proc/sys/net/ipv4/ip_forward`);
  }

  function remove(): void {
    for (const namespace of [servers, router, clients]) run("netns", "del", namespace);
  }

  const isMade =
    [servers, router, clients].every((namespace) => run("netns", "add", namespace)) &&
    link(servers, "sbx0", 1) &&
    link(clients, "sbx1", 2) &&
    forward(true);
  if (!isMade) {
    remove();
    return undefined;
  }
  return { host: "10.213.1.2", server: within(servers), clients: within(clients), forward, remove };
}
