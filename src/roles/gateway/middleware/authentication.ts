/**
 * Who asks. Three ways to say it, the first that is present counts: `Authorization: Bearer` with an access token or an API key,
 * `X-API-Key`, the dashboard's cookie.
 */
import type { AuthService, Identity } from "#contracts/uptimeping/auth/v1/auth_pb";
import { hasRole, type Call, type MemberRole } from "#kernel/call";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Client } from "#kernel/rpc/contract";
import type { Access } from "../route.ts";
import { grants } from "../scopes.ts";
import type { SessionCookies } from "./cookies.ts";

export interface Credential {
  kind: "token" | "key" | "cookie";
  secret: string;
}

/** A signed token has three parts; an API key has no dot. */
const tokenShape = /^[^.]+\.[^.]+\.[^.]+$/;

export function credentialOf(request: Request, cookies: SessionCookies): Credential | undefined {
  const authorization = request.headers.get("authorization");
  if (authorization !== null) {
    const secret = /^Bearer +(\S+)$/i.exec(authorization)?.[1];
    if (secret === undefined) throw new AppError("unauthenticated", 'the Authorization header is not of the form "Bearer <token>"');
    return { kind: tokenShape.test(secret) ? "token" : "key", secret };
  }
  const key = request.headers.get("x-api-key");
  if (key !== null) return { kind: "key", secret: key };
  const cookie = cookies.access(request);
  return cookie === "" ? undefined : { kind: "cookie", secret: cookie };
}

export interface Authentication {
  /** Rejects with `unauthenticated`. The answer is at most a second old, so a revoked session ends within that second. */
  identify(credential: Credential, call: Call): Promise<Identity>;
}

const freshMs = 1_000;
const mostRemembered = 10_000;

export function createAuthentication(auth: Client<typeof AuthService>, clock: Clock): Authentication {
  const remembered = new Map<string, { identity: Promise<Identity>; untilMs: number }>();
  return {
    identify(credential, call) {
      const { kind, secret } = credential;
      const id = kind === "key" ? `key ${secret}` : `token ${secret}`;
      const now = clock.monotonic();
      const known = remembered.get(id);
      if (known !== undefined && known.untilMs > now) return known.identity;
      // The look-up serves everybody who shows this credential now, so it must not end because one of them left.
      const lookUp: Call = { ...call, signal: neverAborts };
      const identity = kind === "key" ? auth.validateAPIKey({ key: secret }, lookUp) : auth.validateToken({ accessToken: secret }, lookUp);
      remembered.delete(id);
      remembered.set(id, { identity, untilMs: now + freshMs });
      if (remembered.size > mostRemembered) remembered.delete(remembered.keys().next().value!);
      identity.catch(() => remembered.delete(id));
      return identity;
    },
  };
}

const neverAborts = new AbortController().signal;

/** The call as the identity, with its tenant. The only place where a request gets a tenant. */
export function callAs(call: Call, identity: Identity): Call {
  const type = identity.type === "api_key" ? "api_key" : "user";
  return { ...call, tenantId: identity.tenantId, actor: { type, id: identity.id, role: identity.role as MemberRole, ip: call.actor.ip } };
}

/** Throws `forbidden` when the member role or the scopes of the key do not reach. */
export function authorize(call: Call, identity: Identity, access: Exclude<Access, "public">): void {
  if (!hasRole(call.actor, access.role)) {
    throw new AppError("forbidden", `this needs the member role "${access.role}": yours is "${call.actor.role}"`);
  }
  if (!grants(identity.scopes, access.scope)) {
    throw new AppError("forbidden", `this needs the scope "${access.scope}": the API key has ${identity.scopes.join(", ")}`);
  }
}
