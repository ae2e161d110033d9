/** Bearer tokens made by the real jose: which tokens open a session, which do not, and what revoking does. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import {
  createLocalJWKSet,
  createRemoteJWKSet,
  exportJWK,
  generateKeyPair,
  type JWTPayload,
  SignJWT,
  UnsecuredJWT,
} from "jose";
import { beforeEach, describe, expect, it, onTestFinished } from "vitest";
import type { Session, SessionChange, SessionSource } from "../../src/core/ports.ts";
import { bearerTokens } from "../../src/sessions/sources/bearer.ts";
import { createFakeClock, type FakeClock } from "../../src/testing/fake-clock.ts";

const secret = new TextEncoder().encode("a secret of the tests, long enough for it");
const issuer = "https://login.example.com";
const audience = "signalbox";

let clock: FakeClock;
let sessions: SessionSource;
let now: number;

const userOf = ({ sub, name, role }: JWTPayload) =>
  sub === undefined ? undefined : { userId: sub, username: String(name ?? sub), role: role as string | undefined };

const common = { issuer, audience, userOf };

beforeEach(() => {
  clock = createFakeClock(Date.parse("2026-01-01T00:00:00Z"));
  now = clock.now() / 1000;
  sessions = bearerTokens({ ...common, key: secret, algorithms: ["HS256"], clock });
});

/** A valid token, except for the given claims; null omits a claim. */
const sign = (claims: Record<string, unknown> = {}, key: Parameters<SignJWT["sign"]>[0] = secret, alg = "HS256") => {
  const all = { sub: "ada", name: "Ada", iss: issuer, aud: audience, exp: now + 60, ...claims };
  const present = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
  return new SignJWT(present).setProtectedHeader({ alg }).sign(key);
};

const resolve = (value: string) => sessions.resolve({ kind: "bearer", value });

describe("the credential", () => {
  it("is the handshake's token, or else that of the Authorization header (RFC 6750 section 2.1)", () => {
    const headers = { authorization: "Bearer from-header" };
    expect(sessions.credentialOf({ headers, token: "from-auth" })).toEqual({ kind: "bearer", value: "from-auth" });
    expect(sessions.credentialOf({ headers })).toEqual({ kind: "bearer", value: "from-header" });
    expect(sessions.credentialOf({ headers: { authorization: "bearer x" } })).toMatchObject({ value: "x" });
  });

  it("is none in any other header", () => {
    for (const authorization of ["", "Bearer", "Bearer ", "Basic YTpi", "xBearer y", "Bearer a b"]) {
      expect(sessions.credentialOf({ headers: { authorization } })).toBeUndefined();
    }
    expect(sessions.credentialOf({ headers: { cookie: "token=1" } })).toBeUndefined();
  });
});

describe("a token", () => {
  it("opens the session of its subject until it expires", async () => {
    const session = { userId: "ada", username: "Ada", role: "user", expiresAt: clock.now() + 65_000 };
    expect(await resolve(await sign())).toMatchObject(session);
    expect(await resolve(await sign({ role: "admin" }))).toMatchObject({ role: "admin" });
  });

  it("is identified by its jti, or else by its own hash, neither of which can be used as a token", async () => {
    const [first, again] = [await sign({ jti: "same" }), await sign({ jti: "same", exp: now + 90 })];
    const refOf = async (token: string) => ((await resolve(token)) as Session).ref;
    expect(await refOf(first)).toBe(await refOf(again));
    expect(await refOf(first)).toMatch(/^[\w-]{16}$/);
    expect(await refOf(await sign())).not.toBe(await refOf(await sign({ exp: now + 90 })));
  });

  it("that has expired is refused as expired; clocks may differ by 5 seconds", async () => {
    const token = await sign({ exp: now + 60 });
    clock.advance(64_000);
    expect(await resolve(token)).toMatchObject({ userId: "ada" });
    clock.advance(1000);
    expect(await resolve(token)).toBe("session_expired");
  });

  it.each([
    ["without an expiry", { exp: null }],
    ["of another issuer", { iss: "https://evil.example.com" }],
    ["for another service", { aud: "other" }],
    ["without an issuer", { iss: null }],
    ["without an audience", { aud: null }],
    ["not valid yet", { nbf: 4_000_000_000 }],
    ["without a user", { sub: null }],
    ["whose expiry is a text", { exp: "tomorrow" }],
  ])("%s is refused", async (_what, claims) => {
    expect(await resolve(await sign(claims))).toBe("session_invalid");
  });

  it("signed with another key, or by another algorithm than those listed, is refused", async () => {
    expect(await resolve(await sign({}, new TextEncoder().encode("x".repeat(40))))).toBe("session_invalid");
    expect(await resolve(await sign({}, new TextEncoder().encode("x".repeat(64)), "HS512"))).toBe("session_invalid");
    const { privateKey } = await generateKeyPair("ES256");
    expect(await resolve(await sign({}, privateKey, "ES256"))).toBe("session_invalid");
  });

  it("that is unsigned is refused", async () => {
    const claims = { sub: "ada", iss: issuer, aud: audience, exp: now + 60 };
    expect(await resolve(new UnsecuredJWT(claims).encode())).toBe("session_invalid");
  });

  it.each(["", ".", "..", "a.b.c", "x".repeat(8192), "é.é.é", "eyJ.eyJ."])(
    "that is garbage is refused: %.20s",
    async (value) => {
      expect(await resolve(value)).toBe("session_invalid");
    },
  );
});

describe("a key set", () => {
  it("finds the key of a token; a token of no key in it is refused", async () => {
    const { publicKey, privateKey } = await generateKeyPair("ES256");
    const key = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256" }] });
    sessions = bearerTokens({ ...common, key, algorithms: ["ES256"], clock });
    expect(await resolve(await sign({}, privateKey, "ES256"))).toMatchObject({ userId: "ada" });
    const stranger = await generateKeyPair("ES256");
    expect(await resolve(await sign({}, stranger.privateKey, "ES256"))).toBe("session_invalid");
    // The public key is public: used as a shared secret, it must not verify a token (RFC 8725 section 2.1).
    const known = new TextEncoder().encode(JSON.stringify(await exportJWK(publicKey)));
    expect(await resolve(await sign({}, known))).toBe("session_invalid");
  });

  it("that cannot be had rejects, instead of taking a sound token for a bad one", async () => {
    const server = createServer((_req, res) => res.writeHead(500).end());
    onTestFinished(() => void server.close());
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`);
    sessions = bearerTokens({ ...common, key: createRemoteJWKSet(url), algorithms: ["ES256"], clock });
    const { privateKey } = await generateKeyPair("ES256");
    await expect(resolve(await sign({}, privateKey, "ES256"))).rejects.toThrow();
  });
});

describe("revoke", () => {
  it("denies the token from then on, and announces it", async () => {
    const changes: SessionChange[] = [];
    sessions.watch?.((change) => changes.push(change));
    const token = await sign({ jti: "one" });
    const { ref } = (await resolve(token)) as Session;
    expect(await sessions.revoke?.(ref)).toBe(true);
    expect(changes).toEqual([{ ref, reason: "revoked" }]);
    expect(await resolve(token)).toBe("session_revoked");
    expect(await resolve(await sign({ jti: "two" }))).toMatchObject({ userId: "ada" });
  });

  it("is not forgotten before the token expires, nor when others are revoked", async () => {
    const token = await sign();
    await sessions.revoke?.(((await resolve(token)) as Session).ref);
    clock.advance(64_000);
    await sessions.revoke?.(((await resolve(await sign({ exp: now + 600 }))) as Session).ref);
    expect(await resolve(token)).toBe("session_revoked");
  });

  it("knows no token that was never shown to it", async () => {
    expect(await sessions.revoke?.("unknown")).toBe(false);
  });
});
