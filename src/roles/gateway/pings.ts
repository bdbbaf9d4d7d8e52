/**
 * Where jobs report: `/ping/{token}`, then nothing for a success, `/start`, `/fail`, `/log` or the exit code; by GET, HEAD or POST,
 * with `?rid=` to tell overlapping runs apart. These are the forms of Healthchecks.io, so a job moves over by another URL.
 *
 * The token is the credential: it is never logged, and an unknown one, a malformed one and a path that means nothing get the
 * same answer, byte for byte. The limit per token is taken first, so that a job gone mad does not use up what the
 * other jobs of its host may send. Answers are plain text and open to every origin: a page may report too.
 */
import { createHash } from "node:crypto";
import type { Clock } from "#kernel/clock";
import { toAppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import type { Log } from "#kernel/log";
import type { Telemetry } from "#kernel/telemetry";
import { networkKeyOf, type ClientIp } from "./middleware/client_ip.ts";
import type { Gate } from "./middleware/rate_limit.ts";
import { requestIdOf } from "./middleware/request_id.ts";
import { beginRequest, endRequest } from "./middleware/request_trace.ts";
import type { Exchange } from "./pipeline.ts";
import { pathnameOf } from "./route_index.ts";
import type { Roles } from "./route.ts";

export interface Pings {
  serve(exchange: Exchange): Promise<Response>;
}

export interface PingParts {
  core: Pick<Roles["core"], "recordPing">;
  gate: Gate;
  clientIp: ClientIp;
  context: { clock: Clock; ids: Ids; log: Log; telemetry: Pick<Telemetry, "tracing"> };
  observe: (route: string, method: string, status: number, seconds: number) => void;
}

export const pingPath = "/ping/";

const methods = ["GET", "HEAD", "POST"];
const recordWithinMs = 10_000;
const bodyWithinMs = 5_000;
const keptBytes = 10_000;
const mostReadBytes = 100_000;
const neverAborts = new AbortController().signal;

const common = {
  "content-type": "text/plain; charset=utf-8",
  "cache-control": "no-store",
  "x-content-type-options": "nosniff",
  "access-control-allow-origin": "*",
  "ping-body-limit": String(keptBytes),
};
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

export function createPings({ core, gate, clientIp, context, observe }: PingParts): Pings {
  const { clock, ids, log, telemetry } = context;

  const record = async ({ http, peer }: Exchange, { requestId, traceparent }: { requestId: string; traceparent: string }): Promise<Response> => {
    const said = readPath(pathnameOf(http));
    if (!said) return nobodys();
    const runId = runIdOf(http.url);
    if (runId === undefined) return answer(400, "rid must be a UUID\n");
    const ip = clientIp(http, peer);
    const usage = gate.open();
    await usage.take("ping", createHash("sha256").update(said.token).digest("base64url"));
    await usage.take("ip", networkKeyOf(ip));
    const body = http.method === "POST" && http.body !== null ? await beginningOf(http.body as ReadableStream<Uint8Array>, clock) : "";
    const call = {
      tenantId: "",
      actor: { type: "anonymous", id: "", role: "none", ip } as const,
      requestId,
      traceparent,
      deadlineMs: clock.now() + recordWithinMs,
      // A job that does not wait for the answer has reported all the same.
      signal: neverAborts,
    };
    await core.recordPing({ ...said, runId, body, source: ip, userAgent: http.headers.get("user-agent") ?? "" }, call);
    return answer(200, "OK");
  };

  return {
    async serve(exchange) {
      const { method } = exchange.http;
      if (method === "OPTIONS") return new Response(null, { status: 204, headers: { ...common, "access-control-allow-methods": methods.join(", "), "access-control-allow-headers": "*", "access-control-max-age": "86400" } });
      if (!methods.includes(method)) return answer(405, `use ${methods.join(", ")}\n`, { allow: [...methods, "OPTIONS"].join(", ") });
      const startedMs = clock.monotonic();
      const route = `${pingPath}{token}`;
      const span = beginRequest(telemetry.tracing, exchange.http, route);
      const requestId = requestIdOf(exchange.http, ids);
      const response = await record(exchange, { requestId, traceparent: span.traceparent }).catch((error: unknown) => refusalOf(error, log));
      observe(route, method, response.status, (clock.monotonic() - startedMs) / 1_000);
      endRequest(span, response.status, { requestId, tenantId: "" });
      return response;
    },
  };
}

interface Said {
  token: string;
  kind: string;
  exitCode: number;
}

/** Undefined when the path means nothing. */
function readPath(pathname: string): Said | undefined {
  const [token = "", action = "", ...rest] = pathname.slice(pingPath.length).replace(/\/$/, "").split("/");
  if (!/^[A-Za-z0-9_-]{16,64}$/.test(token) || rest.length > 0) return undefined;
  if (action === "") return { token, kind: "success", exitCode: 0 };
  if (action === "start" || action === "fail" || action === "log") return { token, kind: action, exitCode: 0 };
  return /^\d{1,3}$/.test(action) && Number(action) <= 255 ? { token, kind: "exit", exitCode: Number(action) } : undefined;
}

/** "" when the job names none; undefined when what it names is no UUID. */
function runIdOf(url: string): string | undefined {
  const at = url.indexOf("?");
  const runId = at < 0 ? null : new URLSearchParams(url.slice(at)).get("rid");
  if (runId === null) return "";
  return uuid.test(runId) ? runId.toLowerCase() : undefined;
}

/** What is more is cut, and what does not come in time is not waited for: a report counts, whatever its body. */
async function beginningOf(body: ReadableStream<Uint8Array>, clock: Clock): Promise<string> {
  const kept: Uint8Array[] = [];
  let bytes = 0;
  const reader = body.getReader();
  const late = clock.after(bodyWithinMs, () => void reader.cancel().catch(() => {}));
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) {
      kept.push(next.value.slice(0, Math.max(0, keptBytes - bytes)));
      bytes += next.value.length;
      if (bytes > mostReadBytes) break;
    }
  } catch {
    // The sender went away in the middle.
  } finally {
    late.cancel();
    void reader.cancel().catch(() => {});
  }
  // As a stream, so that half a character at the cut is left out.
  return new TextDecoder().decode(Buffer.concat(kept), { stream: true });
}

function refusalOf(error: unknown, log: Log): Response {
  const { code, message, retryAfterS = 5, cause } = toAppError(error);
  if (code === "not_found") return nobodys();
  const retry = { "retry-after": String(Math.max(1, Math.ceil(retryAfterS))) };
  if (code === "rate_limited") return answer(429, `${message}\n`, retry);
  log.error("a ping was not recorded", { reason: cause ?? message });
  return code === "unavailable" || code === "deadline_exceeded" ? answer(503, "not available now, try again\n", retry) : answer(500, "something failed on our side\n");
}

function nobodys(): Response {
  return answer(404, "not found\n");
}

function answer(status: number, body: string, headers: Record<string, string> = {}): Response {
  return new Response(body, { status, headers: { ...common, ...headers } });
}
