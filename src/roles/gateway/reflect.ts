/** Asks a gRPC server what it offers. Where that connects is counted against port scans like a check that is tried. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { ReflectDescriptorsResponse, ResultError } from "#contracts/uptimeping/core/v1/core_pb";
import type { Call } from "#kernel/call";
import { AppError } from "#kernel/errors";
import type { Roles } from "./route.ts";
import { placeOfAddress, type ScanGuard } from "./scan_guard.ts";

/** `target` is that of a grpc check, as far as it says how to reach the server. A server that does not tell rejects with `invalid_argument`. */
export type Reflect = (target: JsonObject & { address: string }, call: Call) => Promise<ReflectDescriptorsResponse>;

/** A server with hundreds of services is asked as many times. */
export const reflectionMs = 15_000;

export function createReflect(core: Roles["core"], guard: ScanGuard): Reflect {
  return async (target, call) => {
    const place = placeOfAddress(target.address);
    await guard([place], call);
    const answer = await core.reflectDescriptors({ target, timeoutMs: reflectionMs }, call);
    // Many names may stand for one address: what came of it is not told then.
    if (answer.remoteAddress !== "") await guard([{ host: answer.remoteAddress, port: place.port }], call);
    if (answer.error) throw refusalOf(answer.error);
    return answer;
  };
}

function refusalOf({ kind, message }: ResultError): AppError {
  if (kind === "internal") return new AppError("internal", `the server was not asked for its services: ${message}`);
  return new AppError("invalid_argument", `the server did not tell its services: ${message}`, { fields: [{ pointer: "/reflection", message }] });
}
