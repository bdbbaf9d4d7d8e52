/** What PostgreSQL and the way to it say when something goes wrong, as the one error class of the product. */
import { AppError, messageOf } from "#kernel/errors";

interface PostgresFailure {
  /** SQLSTATE, when the server itself answered. */
  errno?: string;
  /** Bun's own: `ERR_POSTGRES_CONNECTION_CLOSED` and the like. */
  code?: string;
}

export function sqlStateOf(error: unknown): string {
  const { errno } = error as PostgresFailure;
  return typeof errno === "string" ? errno : "";
}

/** Worth another try of the whole transaction, which left nothing behind: a serialisation failure or a deadlock. */
export function isCollision(error: unknown): boolean {
  return /^40(001|P01)$/.test(sqlStateOf(error));
}

/** A primary that became a standby in a fail-over: the connection lives, and is of no use. */
export function isReadOnly(error: unknown): boolean {
  return sqlStateOf(error) === "25006";
}

/** The server is not there, is starting or stopping, cut the connection, refuses more of them, or turned read-only in a fail-over. */
function isConnectionTrouble(error: unknown): boolean {
  const state = sqlStateOf(error);
  if (state !== "") return /^(08...|57P0[1-5]|53300|25006|28...|3D000|25P03)$/.test(state);
  return /^ERR_POSTGRES_(CONNECTION|IDLE_TIMEOUT|LIFETIME_TIMEOUT|TLS)|^E(CONN|PIPE|TIMEDOUT|HOSTUNREACH|NETUNREACH)/.test((error as PostgresFailure).code ?? "");
}

/** What callers are shown; anything that has no meaning for them stays as it is and becomes `internal` at the edge. */
export function asAppError(error: unknown): unknown {
  if (error instanceof AppError) return error;
  const state = sqlStateOf(error);
  const is = (code: AppError["code"], message: string) => new AppError(code, message, { cause: error, ...(code === "unavailable" && { retryAfterS: 2 }) });
  if (state === "23505") return is("already_exists", "there is already one like it");
  if (isCollision(error)) return is("unavailable", `the database is too busy with changes of others: ${messageOf(error)}`);
  if (isConnectionTrouble(error)) return is("unavailable", `the database cannot be reached: ${messageOf(error)}`);
  if (/^(57014|55P03)$/.test(state)) return is("unavailable", `the database takes too long: ${messageOf(error)}`);
  if (state.startsWith("53")) return is("unavailable", `the database has run out of something: ${messageOf(error)}`);
  // PostgreSQL keeps no NUL in text; nothing that people send to us means one.
  if (/^22(021|P05)$/.test(state)) return is("invalid_argument", `a text cannot be stored: ${messageOf(error)}`);
  return error;
}
