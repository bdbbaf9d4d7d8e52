/** The key pairs that sign access tokens. The private half is stored only sealed and leaves this file only as a key handle. */
import { calculateJwkThumbprint, type CryptoKey, exportJWK, generateKeyPair, importJWK, type JWK } from "jose";
import type { Clock } from "#kernel/clock";
import type { SigningKey, SigningKeyStore } from "#ports/identity";
import type { Vault } from "#ports/vault";

export const algorithm = "EdDSA";

export interface KeyRing {
  /** The newest key signs. */
  kid: string;
  signing: CryptoKey;
  /** Every known key verifies, by its id. */
  verifying: ReadonlyMap<string, CryptoKey>;
}

/** Loads the keys, making the first one when there is none. */
export async function openKeyRing(store: SigningKeyStore, vault: Vault, clock: Clock): Promise<KeyRing> {
  let keys = await store.list();
  if (keys.length === 0) {
    await store.addFirst(await newSigningKey(vault, clock.now()));
    keys = await store.list();
  }
  const newest = keys[0]!;
  const privateJwk = JSON.parse(vault.open(placeOf(newest.kid), newest.sealedPrivateJwk)) as JWK;
  const verifying = new Map<string, CryptoKey>();
  for (const key of keys) verifying.set(key.kid, await keyOf(JSON.parse(key.publicJwk) as JWK));
  return { kid: newest.kid, signing: await keyOf(privateJwk), verifying };
}

async function newSigningKey(vault: Vault, nowMs: number): Promise<SigningKey> {
  const pair = await generateKeyPair(algorithm, { crv: "Ed25519", extractable: true });
  const publicJwk = await exportJWK(pair.publicKey);
  const kid = await calculateJwkThumbprint(publicJwk);
  const sealedPrivateJwk = vault.seal(placeOf(kid), JSON.stringify(await exportJWK(pair.privateKey)));
  return { kid, publicJwk: JSON.stringify(publicJwk), sealedPrivateJwk, createdAtMs: nowMs };
}

function placeOf(kid: string) {
  return { tenantId: "", kind: "auth.signing_key", id: kid };
}

async function keyOf(jwk: JWK): Promise<CryptoKey> {
  return (await importJWK(jwk, algorithm)) as CryptoKey;
}
