/**
 * The `grpc` kind: `health` asks the standard health service, `call` makes a unary call (or takes the first message of a
 * server stream) with messages described by a stored proto set, a descriptor set in the check, or the server's reflection.
 */
import { GrpcAttempt } from "./grpc_attempt.ts";
import { readTarget, type GrpcTarget } from "./grpc_target.ts";
import type { ImpliedAssertion, JsonObject, PreparedProbe } from "./probe.ts";

const ok: ImpliedAssertion = { source: "grpc_status", op: "eq", value: 0 };
const serving: ImpliedAssertion = { source: "serving_status", op: "eq", value: "SERVING" };

export function prepareGrpc(target: JsonObject): PreparedProbe {
  const prepared = readTarget(target as unknown as GrpcTarget);
  return {
    implied: prepared.isHealth ? [ok, serving] : [ok],
    remembers: !prepared.isHealth,
    attempt: (environment, timeoutMs, onDone) => void new GrpcAttempt(prepared, environment, timeoutMs, onDone),
  };
}
