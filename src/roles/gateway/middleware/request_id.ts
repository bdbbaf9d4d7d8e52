/** The id under which a request is found again in logs, the audit and problem documents; a caller may bring one. */
import type { Ids } from "#kernel/ids";

const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._-]{7,127}$/;

export function requestIdOf(request: Request, ids: Ids): string {
  const given = request.headers.get("x-request-id");
  return given !== null && wellFormed.test(given) ? given : ids.next("req");
}
