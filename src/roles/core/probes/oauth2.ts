/**
 * Client credentials (RFC 6749, 4.4). The token is kept until shortly before it expires, because asking for one on every
 * run would load the identity provider more than the target; a 401 throws it away.
 */
import { failure } from "../net/failure.ts";
import { HttpAttempt } from "./http_attempt.ts";
import type { HttpAuth, HttpTarget, PreparedHttp } from "./http_request.ts";
import type { Attempt, RunEnvironment } from "./probe.ts";

export interface TokenSource {
  /** Calls `use` with the value of Authorization and the time that is left, or `onDone` with why there is no token. */
  withToken(environment: RunEnvironment, timeoutMs: number, onDone: (attempt: Attempt) => void, use: (authorization: string, leftMs: number) => void): void;
  forget(): void;
}

/** Renewed this long before it expires, so that it does not expire on its way. */
const marginMs = 30_000;
const defaultLifeMs = 300_000;

export function createTokenSource(auth: HttpAuth, prepare: (request: Partial<HttpTarget>) => PreparedHttp): TokenSource {
  const form: Record<string, string> = { grant_type: "client_credentials", client_id: auth.clientId ?? "", client_secret: auth.clientSecret ?? "" };
  if (auth.scopes?.length) form.scope = auth.scopes.join(" ");
  const prepared = prepare({ body: form, bodyEncoding: "form", headers: { Accept: "application/json" } });
  let token: { authorization: string; until: number } | undefined;

  return {
    forget: () => void (token = undefined),
    withToken(environment, timeoutMs, onDone, use) {
      const { clock } = environment;
      if (token && token.until > clock.monotonic()) return use(token.authorization, timeoutMs);
      void new HttpAttempt(prepared, environment, timeoutMs, (attempt) => {
        const answer = attempt.failure ? undefined : tokenOf(attempt);
        if (!answer) return onDone(explained(attempt));
        token = { authorization: answer.authorization, until: clock.monotonic() + answer.lifeMs };
        use(token.authorization, Math.max(1, timeoutMs - attempt.latencyMs));
      });
    },
  };
}

function tokenOf(attempt: Attempt): { authorization: string; lifeMs: number } | undefined {
  if (attempt.code < 200 || attempt.code > 299) return undefined;
  try {
    const answer = attempt.document() as { access_token?: unknown; expires_in?: unknown };
    if (typeof answer.access_token !== "string" || /[\r\n\0]/.test(answer.access_token)) return undefined;
    const lifeMs = typeof answer.expires_in === "number" ? answer.expires_in * 1_000 - marginMs : defaultLifeMs;
    return { authorization: `Bearer ${answer.access_token}`, lifeMs };
  } catch {
    return undefined;
  }
}

/** The token request's own outcome, worded so that nobody takes it for the target's. */
function explained(attempt: Attempt): Attempt {
  const isGood = attempt.code >= 200 && attempt.code <= 299;
  const problem = attempt.failure ?? (isGood ? failure("http_malformed", "the answer holds no access_token") : failure("http_status", `status ${attempt.code}, expected 200-299`));
  (attempt as { failure: unknown }).failure = failure(problem.kind, `oauth2 token request failed: ${problem.message}`);
  return attempt;
}
