/** A request as the beginning of a trace, or as a part of its caller's. */
import type { Call } from "#kernel/call";
import { isSampled, passThrough, readTraceparent, type Span, type Tracing } from "#kernel/tracing";

/** `route` and not the path: that of a ping or of a link holds what nobody else may know. */
export function beginRequest(tracing: Tracing, http: Request, route: string): Span {
  const parent = readTraceparent(http.headers.get("traceparent"));
  if (!tracing.isOn) return passThrough(parent);
  return tracing.root(`${http.method} ${route}`, parent, { kind: "server", attributes: { "http.request.method": http.method, "http.route": route } });
}

export function endRequest(span: Span, status: number, { requestId, tenantId }: Pick<Call, "requestId" | "tenantId">): void {
  if (!isSampled(span.traceparent)) return;
  const attributes = { "http.response.status_code": status, "uptimeping.request_id": requestId, ...(tenantId !== "" && { "uptimeping.tenant_id": tenantId }) };
  span.end({ attributes, ...(status >= 500 && { problem: String(status) }) });
}
