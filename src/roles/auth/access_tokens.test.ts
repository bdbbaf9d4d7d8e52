import { expect, test } from "bun:test";
import { createHmac } from "node:crypto";
import { exportSPKI, generateKeyPair, importJWK, type JWK, SignJWT } from "jose";
import type { SigningKey } from "#ports/identity";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { type Claims, createAccessTokens } from "./access_tokens.ts";
import { openKeyRing } from "./signing_keys.ts";

const vault = { seal: (_place: unknown, plain: string) => plain, open: (_place: unknown, sealed: string) => sealed };

function keyStore() {
  const stored: SigningKey[] = [];
  return {
    stored,
    list: async () => stored,
    addFirst: async (key: SigningKey) => {
      if (stored.length === 0) stored.push(key);
      return stored.length === 1;
    },
  };
}

async function opened() {
  const clock = createFakeClock();
  const store = keyStore();
  const ring = await openKeyRing(store, vault, clock);
  const tokens = createAccessTokens(ring, clock);
  const claims: Claims = {
    userId: "usr_1",
    tenantId: "ten_1",
    role: "editor",
    sessionId: "ses_1",
    sessionVersion: 3,
    expiresAtMs: clock.now() + 600_000,
  };
  /** A token that is ours but for what is changed. */
  const forged = (change: { header?: object; claims?: object; key?: CryptoKey } = {}) => {
    const nowS = Math.floor(clock.now() / 1000);
    const payload = { ten: "ten_1", role: "editor", sid: "ses_1", sver: 3, sub: "usr_1", iss: "uptimeping", aud: "uptimeping-api", iat: nowS, exp: nowS + 600 };
    return new SignJWT({ ...payload, ...change.claims })
      .setProtectedHeader({ alg: "EdDSA", kid: ring.kid, typ: "at+jwt", ...change.header })
      .sign(change.key ?? ring.signing);
  };
  return { clock, store, ring, tokens, claims, forged };
}

const encoded = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
const refusal = { code: "unauthenticated", message: "access token refused: it is not one of ours" };

test("a token of ours gives its claims back", async () => {
  const { tokens, claims, forged } = await opened();
  expect(await tokens.verify(await tokens.sign(claims))).toEqual(claims);
  // Keeps the tests below honest: unchanged, the forger's token is accepted.
  expect(await tokens.verify(await forged())).toEqual(claims);
});

test("a token without a signature is refused", async () => {
  const { tokens, forged, ring } = await opened();
  const payload = (await forged()).split(".")[1]!;
  for (const alg of ["none", "None", "NONE", ""]) {
    expect(tokens.verify(`${encoded({ alg, typ: "at+jwt", kid: ring.kid })}.${payload}.`)).rejects.toMatchObject(refusal);
  }
});

test("a token signed with HMAC over the public key is refused", async () => {
  const { tokens, forged, ring, store } = await opened();
  const [, payload, signature] = (await forged()).split(".");
  const header = encoded({ alg: "HS256", typ: "at+jwt", kid: ring.kid });
  const publicJwk = JSON.parse(store.stored[0]!.publicJwk) as JWK;
  const pem = await exportSPKI((await importJWK({ ...publicJwk }, "EdDSA", { extractable: true })) as CryptoKey);
  for (const secret of [pem, store.stored[0]!.publicJwk, Buffer.from(publicJwk.x!, "base64url")]) {
    const mac = createHmac("sha256", secret).update(`${header}.${payload}`).digest("base64url");
    expect(tokens.verify(`${header}.${payload}.${mac}`)).rejects.toMatchObject(refusal);
  }
  expect(tokens.verify(`${header}.${payload}.${signature}`)).rejects.toMatchObject(refusal);
});

test("a token of another algorithm is refused even when our own key signed it", async () => {
  const { tokens, forged } = await opened();
  expect(tokens.verify(await forged({ header: { alg: "Ed25519" } }))).rejects.toMatchObject(refusal);
});

test("a token for another audience, from another issuer or of another type is refused", async () => {
  const { tokens, forged } = await opened();
  const changes = [
    { claims: { aud: "another-api" } },
    { claims: { aud: undefined } },
    { claims: { iss: "somebody" } },
    { claims: { iss: undefined } },
    { header: { typ: "JWT" } },
    { header: { typ: undefined } },
    { claims: { sid: undefined } },
    { claims: { exp: undefined } },
  ];
  for (const change of changes) expect(tokens.verify(await forged(change))).rejects.toMatchObject(refusal);
});

test("a token signed with another key is refused, also when it brings that key along", async () => {
  const { tokens, forged } = await opened();
  const { privateKey } = await generateKeyPair("EdDSA", { crv: "Ed25519", extractable: true });
  expect(tokens.verify(await forged({ key: privateKey }))).rejects.toMatchObject(refusal);
  for (const header of [{ kid: "other" }, { kid: "../../etc/passwd" }, { kid: "' OR 1=1 --" }, { kid: undefined }]) {
    expect(tokens.verify(await forged({ header }))).rejects.toMatchObject(refusal);
  }
  for (const header of [{ jwk: { kty: "OKP" } }, { jku: "https://evil.example/keys" }, { x5u: "https://evil.example" }, { x5c: ["x"] }]) {
    expect(tokens.verify(await forged({ header }))).rejects.toMatchObject(refusal);
  }
});

test("a token whose claims were changed is refused", async () => {
  const { tokens, forged } = await opened();
  const [header, payload, signature] = (await forged()).split(".");
  const claims = JSON.parse(Buffer.from(payload!, "base64url").toString()) as object;
  expect(tokens.verify(`${header}.${encoded({ ...claims, role: "owner" })}.${signature}`)).rejects.toMatchObject(refusal);
});

test("a token ends at its expiry, whether or not it was seen before", async () => {
  const { tokens, forged, clock } = await opened();
  const [seen, unseen] = [await forged(), await forged({ claims: { jti: "2" } })];
  await tokens.verify(seen);
  await clock.advance(599_000);
  await tokens.verify(seen);
  await clock.advance(1_000);
  for (const token of [seen, unseen]) {
    expect(tokens.verify(token)).rejects.toMatchObject({ code: "unauthenticated", message: "access token refused: it has expired" });
  }
});

test("what is no token is refused, however long", async () => {
  const { tokens, forged } = await opened();
  for (const text of ["", "x", "a.b.c", "....", `${await forged()}x`, "x".repeat(100_000), await forged({ claims: { pad: "x".repeat(3_000) } })]) {
    expect(tokens.verify(text)).rejects.toMatchObject(refusal);
  }
});

test("a restart keeps the key, so that tokens stay good", async () => {
  const { clock, store, tokens, claims } = await opened();
  const token = await tokens.sign(claims);
  const again = createAccessTokens(await openKeyRing(store, vault, clock), clock);
  expect(await again.verify(token)).toEqual(claims);
});
