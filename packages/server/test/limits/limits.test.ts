import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { ClientConfig } from "@signalbox/protocol";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { loadConfig } from "../../src/config/load-config.ts";
import { trustProxies } from "../../src/config/trusted-proxies.ts";
import { addressBucket, createClientAddress as addressOf } from "../../src/http/client-address.ts";
import { createRateLimits } from "../../src/limits/rate-limits.ts";
import { createWindowCounter } from "../../src/limits/window-counter.ts";
import { createFakeClock } from "../../src/testing/fake-clock.ts";
import { startTestServer } from "../../src/testing/index.ts";

const createClientAddress = (trusted: string[]) => addressOf(trustProxies(trusted));

describe("the client's address", () => {
  const request = (peer: string | undefined, forwarded?: string): IncomingMessage =>
    ({
      socket: { remoteAddress: peer },
      headers: forwarded === undefined ? {} : { "x-forwarded-for": forwarded },
    }) as unknown as IncomingMessage;

  it("is the peer's, whatever X-Forwarded-For says, unless the peer is a trusted proxy", () => {
    expect(createClientAddress([])(request("198.51.100.7", "203.0.113.9"))).toBe("198.51.100.7");
    expect(createClientAddress(["198.51.100.0/24"])(request("198.51.100.7", "203.0.113.9"))).toBe("203.0.113.9");
  });
  it("is the last one that a trusted proxy vouches for: what the client wrote itself lies beyond", () => {
    const address = createClientAddress(["loopback", "10.0.0.0/8"]);
    expect(address(request("127.0.0.1", "1.1.1.1, 203.0.113.9, 10.0.0.3"))).toBe("203.0.113.9");
  });
  it("is one for an IPv4 client, also where the socket speaks IPv6", () => {
    expect(createClientAddress([])(request("::ffff:192.0.2.1"))).toBe("192.0.2.1");
  });
  it("of a connection that is gone already is unknown, not an exception", () => {
    expect(createClientAddress([])(request(undefined))).toBe("unknown");
  });
  it("is the same however it is written", () => {
    const address = createClientAddress(["loopback"]);
    for (const [written, read] of [
      ["2001:0DB8:0:0::1", "2001:db8::1"],
      ["fe80::1%eth0", "fe80::1"],
      ["::ffff:c000:201", "192.0.2.1"],
    ] as const) {
      expect(address(request("127.0.0.1", written))).toBe(read);
    }
  });
  it.each([
    ["203.0.113.7:5123", "203.0.113.7"],
    ["[2001:db8::1]:443", "2001:db8::1"],
    ["[2001:DB8::1]", "2001:db8::1"],
    ['"[2001:db8::1]:443"', "2001:db8::1"],
    ['"203.0.113.7:5123"', "203.0.113.7"],
    ["2001:db8::1:443", "2001:db8::1:443"],
    ["[::ffff:203.0.113.7]:80", "203.0.113.7"],
    ["198.51.100.1:1, 203.0.113.7:5123, 10.0.0.3:443,, [::1]:80 ", "203.0.113.7"],
    ["198.51.100.1,\t203.0.113.7:5123\t,10.0.0.3", "203.0.113.7"],
  ])("is read without its port, also where the proxies add theirs: %s", (forwarded, read) => {
    expect(createClientAddress(["loopback", "10.0.0.0/8"])(request("127.0.0.1", forwarded))).toBe(read);
  });
  it("of two clients whose proxy adds their ports differs, over a real request", async () => {
    const server = await startTestServer({ env: { TRUST_PROXY: "loopback" } });
    const seen = async (forwarded: string): Promise<string> => {
      const answer = await fetch(`${server.url}/realtime/client-config`, { headers: { "x-forwarded-for": forwarded } });
      return ((await answer.json()) as ClientConfig).client_address;
    };
    expect(await seen("203.0.113.7:5123")).toBe("203.0.113.7");
    expect(await seen("203.0.113.8:5123")).toBe("203.0.113.8");
    await server.close();
  });
  it.each([
    "unknown",
    "x".repeat(300),
    "<script>",
    "203.0.113.9:port",
    "203.0.113.9:123456",
    "203.0.113.300:80",
    "2001:db8::1]:443",
    "[2001:db8::1]443",
    "[2001:db8::1",
    "[example.com]:80",
    '"203.0.113.7',
    ":5123",
  ])("is the proxy's own where that names what is no address: %s", (forwarded) => {
    expect(createClientAddress(["loopback"])(request("::ffff:127.0.0.1", forwarded))).toBe("127.0.0.1");
  });
  it.each(["10.0.0.300", "10.0.0.0/33", "true", "1", "0x7f000001", "example.com"])(
    "with a TRUST_PROXY that cannot be read, such as %s, names it at the start",
    (trusted) => {
      expect(() => createClientAddress(["loopback", trusted])).toThrow(new RegExp(`^TRUST_PROXY.*${trusted}`));
    },
  );
  it("is read from a real request as well", async () => {
    const address = createClientAddress(["loopback"]);
    const server = createServer((req, res) => res.end(address(req)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    expect(await (await fetch(url, { headers: { "x-forwarded-for": "203.0.113.9" } })).text()).toBe("203.0.113.9");
    server.close();
  });
});

describe("limits per address", () => {
  it("count a /64 of IPv6 as one: that is what one customer has", () => {
    expect(addressBucket("2001:db8:1:2:3:4:5:6")).toBe("2001:db8:1:2::/64");
    expect(addressBucket("2001:db8:1:2::9")).toBe("2001:db8:1:2::/64");
    expect(addressBucket("2001:0db8:0001:0002::")).toBe("2001:db8:1:2::/64");
    expect(addressBucket("::1")).toBe("0:0:0:0::/64");
    expect(addressBucket("1:2::4:5:6:7.8.9.10")).toBe("1:2:0:4::/64");
  });
  it("count an IPv4 address by itself, also as IPv6 writes it, and an unknown one as well", () => {
    expect(addressBucket("192.0.2.1")).toBe("192.0.2.1");
    expect(addressBucket("::ffff:c000:201")).toBe("192.0.2.1");
    expect(addressBucket("unknown")).toBe("unknown");
  });
  it("put every address of a /64 into one bucket, and no other", () => {
    const group = fc.integer({ min: 0, max: 0xffff }).map((value) => value.toString(16));
    const half = fc.array(group, { minLength: 4, maxLength: 4 }).map((groups) => groups.join(":"));
    fc.assert(
      fc.property(half, half, half, half, (network, other, a, b) => {
        expect(addressBucket(`${network}:${a}`)).toBe(`${network}::/64`);
        expect(addressBucket(`${network}:${a}`)).toBe(addressBucket(`${network}:${b}`.toUpperCase()));
        expect(addressBucket(`${other}:${a}`) === addressBucket(`${network}:${a}`)).toBe(other === network);
      }),
    );
  });
});

describe("a rate limit", () => {
  function limitsOf(env: Record<string, string>) {
    const clock = createFakeClock();
    return { clock, limits: createRateLimits(loadConfig(env).config, clock) };
  }
  const outcome = (use: () => unknown): "in" | "out" => {
    try {
      use();
      return "in";
    } catch {
      return "out";
    }
  };
  const outcomes = (uses: (() => unknown)[]): string => uses.map(outcome).join(" ");
  const refusalOf = (use: () => unknown): unknown => {
    try {
      use();
    } catch (refusal) {
      return refusal;
    }
    return undefined;
  };

  it("lets a burst through, refuses the next with the time to wait, and is full again after it", () => {
    const { limits, clock } = limitsOf({ SIGNALBOX_MESSAGE_BURST: "3", SIGNALBOX_MESSAGE_RATE: "1" });
    const burst = () => outcomes(Array.from({ length: 4 }, () => () => limits.message("ada")));
    expect(burst()).toBe("in in in out");
    clock.advance(1000);
    expect(refusalOf(() => limits.message("ada"))).toMatchObject({
      code: "rate_limited",
      retryAfterMs: 2000,
      hint: expect.stringContaining("SIGNALBOX_MESSAGE_RATE"),
    });
    limits.message("bob");
    clock.advance(2000);
    expect(burst()).toBe("in in in out");
  });

  it("on connections is one per user and another per address, each naming its setting", () => {
    const { limits } = limitsOf({ SIGNALBOX_CONNECT_RATE_PER_USER: "1", SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "2" });
    const address = () => limits.connectFromAddress("192.0.2.1");
    expect(outcomes([() => limits.connectAsUser("ada"), address, address])).toBe("in in in");
    expect(refusalOf(() => limits.connectAsUser("ada"))).toMatchObject({
      hint: expect.stringContaining("SIGNALBOX_CONNECT_RATE_PER_USER"),
    });
    expect(refusalOf(() => limits.connectFromAddress("192.0.2.1"))).toMatchObject({
      hint: expect.stringContaining("SIGNALBOX_CONNECT_RATE_PER_ADDRESS"),
    });
    expect(outcomes([() => limits.connectAsUser("bob"), () => limits.connectFromAddress("192.0.2.2")])).toBe("in in");
  });

  it("is not escaped by drawing new addresses from one's own /64", () => {
    const { limits } = limitsOf({ SIGNALBOX_CONNECT_RATE_PER_ADDRESS: "2" });
    const rotating = Array.from({ length: 4 }, (_, n) => () => limits.connectFromAddress(`2001:db8:1:2::${n}`));
    expect(outcomes(rotating)).toBe("in in out out");
    expect(outcomes([() => limits.connectFromAddress("2001:db8:1:3::1")])).toBe("in");
  });

  it("whose windows begin at different times forgets each at its own end", () => {
    const { limits, clock } = limitsOf({ SIGNALBOX_CONNECT_RATE_PER_USER: "1" });
    const connect = (user: string) => outcome(() => limits.connectAsUser(user));
    expect(connect("ada")).toBe("in");
    clock.advance(30_000);
    expect([connect("bob"), connect("ada")]).toEqual(["in", "out"]);
    clock.advance(30_000);
    expect([connect("ada"), connect("bob"), connect("cleo")]).toEqual(["in", "out", "in"]);
    clock.advance(30_000);
    expect([connect("ada"), connect("bob")]).toEqual(["out", "in"]);
  });

  it("that cannot be counted refuses: a limiter that fails is not a limit that is off", () => {
    const broken = {
      ...createFakeClock(),
      monotonic() {
        throw new Error("The clock is broken.");
      },
    };
    expect(() => createRateLimits(loadConfig({}).config, broken).message("ada")).toThrow("The clock is broken.");
  });

  it("is none with SOCKETIO_RATE_LIMITING=false", () => {
    const { limits } = limitsOf({ SOCKETIO_RATE_LIMITING: "false", SIGNALBOX_CONNECT_RATE_PER_USER: "1" });
    expect(outcomes([() => limits.connectAsUser("ada"), () => limits.connectAsUser("ada")])).toBe("in in");
  });
});

describe("a packet meter", () => {
  it("counts by the second", () => {
    const clock = createFakeClock();
    const meter = createWindowCounter({ limit: 2, clock });
    expect([meter.count(), meter.count(), meter.count()]).toEqual([true, true, false]);
    clock.advance(999);
    expect(meter.count()).toBe(false);
    clock.advance(1);
    expect(meter.count()).toBe(true);
  });
  it("begins and ends its seconds as before when the clock is set back", () => {
    const clock = createFakeClock(1_800_000_000_000);
    const meter = createWindowCounter({ limit: 1, clock });
    meter.count();
    clock.setNow(clock.now() - 3_600_000);
    expect(meter.count()).toBe(false);
    clock.advance(1000);
    expect(meter.count()).toBe(true);
  });
});
