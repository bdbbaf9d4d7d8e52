/** The id under which a request is found again in logs, the audit and problem documents; a caller may bring one. */
import type { Ids } from "#kernel/ids";

const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._-]{7,127}$/;

export function requestIdOf(request: Request, ids: Ids): string {
  const given = request.headers.get("x-request-id");
  return given !== null && wellFormed.test(given) ? given : ids.next("req");
}

const traceContext = /^[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** W3C trace context of the caller; "" when there is none or it is not well-formed. */
export function traceparentOf(request: Request): string {
  const given = request.headers.get("traceparent");
  return given !== null && traceContext.test(given) ? given : "";
}
