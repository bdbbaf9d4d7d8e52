/** Errors as `application/problem+json` (RFC 9457). */
import { httpStatusOf, titleOf, toAppError, type FieldError } from "#kernel/errors";

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  requestId: string;
  errors?: FieldError[];
}

/** How long a caller should wait when the error itself does not say. */
const defaultRetryAfterS: Record<string, number> = { unavailable: 5, rate_limited: 1 };

export function problemOf(error: unknown, requestId: string): { problem: Problem; headers: Record<string, string> } {
  const { code, message, fields, retryAfterS = defaultRetryAfterS[code] } = toAppError(error);
  return {
    problem: {
      type: `urn:uptimeping:problem:${code}`,
      title: titleOf(code),
      status: httpStatusOf(code),
      detail: message,
      code,
      requestId,
      ...(fields.length > 0 && { errors: fields }),
    },
    headers: {
      "content-type": "application/problem+json",
      ...(retryAfterS !== undefined && { "retry-after": String(Math.max(1, Math.ceil(retryAfterS))) }),
      // What is left of the body must not be taken for the next request.
      ...(code === "payload_too_large" && { connection: "close" }),
      ...(code === "unauthenticated" && { "www-authenticate": 'Bearer realm="uptimeping"' }),
    },
  };
}
