/**
 * Access tokens: JWTs of one algorithm, one issuer, one audience, one type, signed by a key of our own ring.
 * A header may hold nothing but `alg`, `kid` and `typ`: a token that brings its own key (`jwk`, `jku`, `x5u`) is refused unread.
 */
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from "jose";
import type { MemberRole } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import { createFreshCache } from "./fresh_cache.ts";
import { algorithm, type KeyRing } from "./signing_keys.ts";

const issuer = "uptimeping";
const audience = "uptimeping-api";
const tokenType = "at+jwt";
const headerNames = new Set(["alg", "kid", "typ"]);
// Ours have about 450 characters. Nobody makes us parse more.
const longestToken = 2_048;
const cachedTokens = 10_000;

export interface Claims {
  userId: string;
  tenantId: string;
  role: MemberRole;
  sessionId: string;
  sessionVersion: number;
  expiresAtMs: number;
}

export interface AccessTokens {
  sign(claims: Claims): Promise<string>;
  /** Signature, names and expiry. Whether the session still counts is not asked here. */
  verify(token: string): Promise<Claims>;
}

export function createAccessTokens(ring: KeyRing, clock: Clock): AccessTokens {
  // Verifying costs about as much as answering; what was verified stays true, but for its expiry.
  const verified = createFreshCache<Claims>({ clock, freshMs: Number.POSITIVE_INFINITY, capacity: cachedTokens });
  return {
    sign: (claims) =>
      new SignJWT({ ten: claims.tenantId, role: claims.role, sid: claims.sessionId, sver: claims.sessionVersion })
        .setProtectedHeader({ alg: algorithm, kid: ring.kid, typ: tokenType })
        .setIssuer(issuer)
        .setAudience(audience)
        .setSubject(claims.userId)
        .setIssuedAt(Math.floor(clock.now() / 1000))
        .setExpirationTime(Math.floor(claims.expiresAtMs / 1000))
        .sign(ring.signing),

    async verify(token) {
      let claims = verified.get(token);
      if (claims === undefined) {
        claims = await verify(token, ring, clock.now());
        verified.set(token, claims);
      }
      if (claims.expiresAtMs <= clock.now()) {
        verified.delete(token);
        throw expired();
      }
      return claims;
    },
  };
}

async function verify(token: string, ring: KeyRing, nowMs: number): Promise<Claims> {
  if (token.length > longestToken) throw notOurs();
  try {
    const header = decodeProtectedHeader(token);
    const key = ring.verifying.get(header.kid ?? "");
    if (key === undefined || Object.keys(header).some((name) => !headerNames.has(name))) throw notOurs();
    const { payload } = await jwtVerify(token, key, {
      algorithms: [algorithm],
      issuer,
      audience,
      typ: tokenType,
      currentDate: new Date(nowMs),
      requiredClaims: ["sub", "exp", "ten", "role", "sid", "sver"],
    });
    return {
      userId: payload.sub!,
      tenantId: payload["ten"] as string,
      role: payload["role"] as MemberRole,
      sessionId: payload["sid"] as string,
      sessionVersion: payload["sver"] as number,
      expiresAtMs: payload.exp! * 1000,
    };
  } catch (error) {
    throw error instanceof errors.JWTExpired ? expired() : notOurs();
  }
}

function expired(): AppError {
  return new AppError("unauthenticated", "access token refused: it has expired");
}

// One message for every forgery, so that none tells how far it came.
function notOurs(): AppError {
  return new AppError("unauthenticated", "access token refused: it is not one of ours");
}
