/**
 * Rate limits per address, user and tenant, told in `RateLimit` and `RateLimit-Policy`
 * (draft-ietf-httpapi-ratelimit-headers-11, structured fields).
 */
import { AppError } from "#kernel/errors";
import type { Quota, RateLimits, Verdict } from "#ports/rate_limits";

const windowMs = 60_000;

export interface LimitSettings {
  rateLimitIp: number;
  rateLimitUser: number;
  rateLimitTenant: number;
  rateLimitLogin: number;
  rateLimitPing: number;
}

/** What one request has used up so far. */
export interface Usage {
  /** Throws `rate_limited` when nothing is left. */
  take(kind: keyof Gate["quotas"], key: string): Promise<void>;
  headers(): Record<string, string>;
}

export interface Gate {
  quotas: Record<"ip" | "user" | "tenant" | "login" | "ping", Quota>;
  open(): Usage;
}

export function createGate(limits: RateLimits, settings: LimitSettings): Gate {
  const quota = (name: string, limit: number): Quota => ({ name, limit, windowMs });
  const quotas = {
    ip: quota("ip", settings.rateLimitIp),
    user: quota("user", settings.rateLimitUser),
    tenant: quota("tenant", settings.rateLimitTenant),
    login: quota("login", settings.rateLimitLogin),
    ping: quota("ping", settings.rateLimitPing),
  };
  return {
    quotas,
    open() {
      const taken: [Quota, Verdict][] = [];
      return {
        async take(kind, key) {
          const asked = quotas[kind];
          if (asked.limit === 0) return;
          const verdict = await limits.take(asked, key);
          taken.push([asked, verdict]);
          if (verdict.allowed) return;
          const retryAfterS = Math.max(1, Math.ceil(verdict.retryAfterMs / 1000));
          throw new AppError("rate_limited", `too many requests: ${asked.limit} a minute per ${nounOf(kind)} are allowed, try again in ${retryAfterS} s`, { retryAfterS });
        },
        headers(): Record<string, string> {
          if (taken.length === 0) return {};
          return {
            "ratelimit-policy": taken.map(([{ name, limit }]) => `"${name}";q=${limit};w=${windowMs / 1000}`).join(", "),
            ratelimit: taken.map(([{ name }, { remaining, resetAfterMs }]) => `"${name}";r=${remaining};t=${Math.ceil(resetAfterMs / 1000)}`).join(", "),
          };
        },
      };
    },
  };
}

function nounOf(kind: string): string {
  return { ip: "address", user: "user or API key", tenant: "tenant", login: "account and address", ping: "ping URL" }[kind] ?? kind;
}
