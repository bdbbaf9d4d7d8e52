/** gRPC status codes, by number and by name: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md */
import { parseRanges, type Ranges } from "./assertion_language.ts";

const names = [
  "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED", "RESOURCE_EXHAUSTED",
  "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
] as const;
export type GrpcStatusName = (typeof names)[number];

export function grpcStatusCode(name: GrpcStatusName): number {
  return names.indexOf(name);
}

/** "5 NOT_FOUND"; the number alone when it has no name. */
export function grpcStatusText(code: number): string {
  return names[code] === undefined ? `${code}` : `${code} ${names[code]}`;
}

/** As `parseRanges`, and a status may be called by its name: "NOT_FOUND", "OK,5", ["OK", "NOT_FOUND"]. */
export function parseGrpcStatus(value: unknown): Ranges | undefined {
  return parseRanges(Array.isArray(value) ? value.map(numbered) : numbered(value));
}

function numbered(value: unknown): unknown {
  if (typeof value !== "string") return value;
  return value.replace(/[A-Za-z_]+/g, (name) => {
    const code = (names as readonly string[]).indexOf(name.toUpperCase());
    return code < 0 ? name : String(code);
  });
}
