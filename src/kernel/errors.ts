/**
 * The one error class of the product, and the one table that says what each code means on every wire.
 * A site that is down is never an error: it is a result. Errors are our own faults and bad input.
 */
const codes = {
  malformed: { http: 400, grpc: 3, title: "Malformed request" },
  invalid_argument: { http: 422, grpc: 3, title: "Invalid input" },
  unauthenticated: { http: 401, grpc: 16, title: "Not signed in" },
  forbidden: { http: 403, grpc: 7, title: "Not allowed" },
  not_found: { http: 404, grpc: 5, title: "Not found" },
  method_not_allowed: { http: 405, grpc: 12, title: "Method not allowed" },
  already_exists: { http: 409, grpc: 6, title: "Already exists" },
  version_conflict: { http: 409, grpc: 10, title: "Changed by somebody else" },
  failed_precondition: { http: 409, grpc: 9, title: "Not possible now" },
  payload_too_large: { http: 413, grpc: 8, title: "Too large" },
  unsupported_media_type: { http: 415, grpc: 3, title: "Unsupported media type" },
  rate_limited: { http: 429, grpc: 8, title: "Too many requests" },
  cancelled: { http: 499, grpc: 1, title: "Cancelled" },
  not_implemented: { http: 501, grpc: 12, title: "Not implemented" },
  unavailable: { http: 503, grpc: 14, title: "Not available" },
  deadline_exceeded: { http: 504, grpc: 4, title: "Took too long" },
  internal: { http: 500, grpc: 13, title: "Internal error" },
} as const;

export type ErrorCode = keyof typeof codes;

/** One thing that is wrong with the input; `pointer` is a JSON pointer (RFC 6901) into it, "" for the whole. */
export interface FieldError {
  pointer: string;
  message: string;
}

export interface AppErrorOptions {
  cause?: unknown;
  /** What is wrong, field by field; shown to the caller. */
  fields?: FieldError[];
  /** When a caller may try again, in seconds; becomes `Retry-After`. */
  retryAfterS?: number;
}

/** `message` reads "what failed: why", lower case, no full stop, with the value that was wrong. It is shown to callers. */
export class AppError extends Error {
  readonly fields: FieldError[];
  readonly retryAfterS: number | undefined;

  constructor(
    readonly code: ErrorCode,
    message: string,
    options: AppErrorOptions = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "AppError";
    this.fields = options.fields ?? [];
    this.retryAfterS = options.retryAfterS;
  }
}

/** The JSON pointer of a place in the input: `["headers", "a/b"]` → `/headers/a~1b`. */
export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((key) => `/${String(key).replaceAll("~", "~0").replaceAll("/", "~1")}`).join("");
}

/** Input that is wrong in one place. */
export function invalidField(pointer: string, message: string): AppError {
  return new AppError("invalid_argument", `the request is not right: ${pointer}: ${message}`, { fields: [{ pointer, message }] });
}

export function httpStatusOf(code: ErrorCode): number {
  return codes[code].http;
}

export function grpcStatusOf(code: ErrorCode): number {
  return codes[code].grpc;
}

export function titleOf(code: ErrorCode): string {
  return codes[code].title;
}

export function isErrorCode(value: unknown): value is ErrorCode {
  return typeof value === "string" && Object.hasOwn(codes, value);
}

/** The code that stands for a gRPC status sent by somebody who is not us. */
export function codeOfGrpcStatus(status: number): ErrorCode {
  for (const code of Object.keys(codes) as ErrorCode[]) {
    if (codes[code].grpc === status && code !== "malformed") return code;
  }
  return status === 14 ? "unavailable" : "internal";
}

/**
 * What may leave a role: an AppError stays as it is, anything else becomes `internal` without its message,
 * which could hold a secret or a path. The cause is kept for the log.
 */
export function toAppError(error: unknown): AppError {
  if (error instanceof AppError) return error;
  return new AppError("internal", "something failed on our side: see the server's log for this request id", { cause: error });
}

/** The message of anything that was thrown, for logs and reasons. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
