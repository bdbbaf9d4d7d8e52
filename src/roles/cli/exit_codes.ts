/** What a script can tell from the exit code. */
import type { AppError, ErrorCode } from "#kernel/errors";

export const exitCodes = { ok: 0, failed: 1, usage: 2, notSignedIn: 3, notFound: 4 } as const;

const special: Partial<Record<ErrorCode, number>> = {
  malformed: exitCodes.usage,
  unauthenticated: exitCodes.notSignedIn,
  not_found: exitCodes.notFound,
};

export function exitCodeOf(error: AppError): number {
  return special[error.code] ?? exitCodes.failed;
}
