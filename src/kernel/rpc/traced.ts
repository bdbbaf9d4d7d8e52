/** Spans for calls from role to role: the same client and the same api, for whoever is traced. Streams stay as they are: they do not end. */
import type { Call } from "../call.ts";
import { within, type SpanKind, type Tracing } from "../tracing.ts";
import type { Api, Client, Contract } from "./contract.ts";

type Unary = (request: object, call: Call) => Promise<object>;

/** `internal` for a role of this process. */
export function tracedClient<C extends Contract>(contract: C, client: Client<C>, tracing: Tracing, kind: "client" | "internal"): Client<C> {
  return traced(contract, client, tracing, kind);
}

export function tracedApi<C extends Contract>(contract: C, api: Api<C>, tracing: Tracing): Api<C> {
  return traced(contract, api, tracing, "server");
}

function traced<F extends object>(contract: Contract, face: F, tracing: Tracing, kind: SpanKind): F {
  if (!tracing.isOn) return face;
  const methods = face as Record<string, Unary>;
  const wrapped: Record<string, unknown> = {};
  for (const { localName, name, methodKind } of contract.methods) {
    const method: Unary = (request, call) => methods[localName]!(request, call);
    const start = { kind, attributes: { "rpc.system": "grpc", "rpc.service": contract.typeName, "rpc.method": name } };
    wrapped[localName] =
      methodKind === "unary"
        ? (request: object, call: Call) => within(tracing, { name: `${contract.typeName}/${name}`, parent: call.traceparent, start }, (traceparent) => method(request, { ...call, traceparent }))
        : method;
  }
  return wrapped as F;
}
