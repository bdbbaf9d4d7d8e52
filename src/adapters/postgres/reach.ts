/**
 * The first contact with the server: waits for one that is not there yet, as when everything of a cluster starts at once, and says
 * in one sentence what only a person can put right.
 */
import type { Clock } from "#kernel/clock";
import { sleep } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import { openPostgres, type PostgresStore } from "./connection.ts";
import { sqlStateOf } from "./failures.ts";

export interface ReachOptions {
  url: string;
  clock: Clock;
  log: Log;
  /** How long a server that cannot be reached is waited for. */
  withinMs?: number;
}

const oldestVersion = 13;
const longestPauseMs = 5_000;

interface Server {
  version: number;
  encoding: string;
  isStandby: boolean;
}

/** Resolves when the database can be used. */
export async function reachPostgres(options: ReachOptions): Promise<void> {
  const { url, log } = options;
  const store = openPostgres({ url, connections: 1, log });
  try {
    const server = await waitForServer(store, options);
    const problem = problemOf(server);
    if (problem !== "") throw new AppError("failed_precondition", `${placeOf(url)} ${problem}`);
  } finally {
    await store.close();
  }
}

async function waitForServer(store: PostgresStore, { url, clock, log, withinMs = 60_000 }: ReachOptions): Promise<Server> {
  const from = clock.monotonic();
  for (let pauseMs = 250; ; pauseMs = Math.min(pauseMs * 2, longestPauseMs)) {
    let reason: string;
    try {
      const server = await ask(store);
      if (!server.isStandby) return server;
      reason = "it is a standby that cannot be written";
    } catch (error) {
      const refusal = refusalOf(error, url);
      if (refusal) throw refusal;
      reason = messageOf((error as Error).cause ?? error);
    }
    if (clock.monotonic() - from + pauseMs > withinMs) {
      throw new AppError("unavailable", `${placeOf(url)} could not be reached within ${Math.round(withinMs / 1_000)} s: ${reason}`);
    }
    log.warn("the database cannot be reached yet: trying again", { database: placeOf(url), reason, inMs: pauseMs });
    await sleep(clock, pauseMs);
  }
}

/** "" for a server that will do. */
export function problemOf({ version, encoding }: Pick<Server, "version" | "encoding">): string {
  if (version < oldestVersion * 10_000) return `is PostgreSQL ${Math.floor(version / 10_000)}: at least ${oldestVersion} is needed`;
  if (encoding !== "UTF8") return `has the encoding ${encoding}: make it with ENCODING 'UTF8'`;
  return "";
}

async function ask(store: PostgresStore): Promise<Server> {
  const sql = `SELECT current_setting('server_version_num')::integer AS version, current_setting('server_encoding') AS encoding,
    pg_is_in_recovery() AS "isStandby"`;
  return (await store.get<Server>(sql))!;
}

/** What waiting does not help against; undefined for anything else. */
function refusalOf(error: unknown, url: string): AppError | undefined {
  const cause = (error as Error).cause ?? error;
  const state = sqlStateOf(cause);
  const { code = "" } = cause as { code?: string };
  const is = (message: string) => new AppError("failed_precondition", `${message} (${messageOf(cause)})`, { cause });
  if (state === "28P01") return is(`the user or the password for ${placeOf(url)} is wrong`);
  if (state.startsWith("28")) return is(`${placeOf(url)} refuses the user of database-url`);
  if (state === "3D000") return is(`${placeOf(url)} is not there: create it, or correct database-url`);
  if (state === "42501") return is(`${placeOf(url)} refuses the user of database-url: grant it CONNECT`);
  if (/PASSWORD|AUTHENTICATION|TLS|SSL|CERT/.test(code)) return is(`no connection to ${placeOf(url)} can be agreed on`);
  return undefined;
}

/** Without the password. */
export function placeOf(url: string): string {
  const { hostname, port, pathname } = new URL(url);
  return `the database ${decodeURIComponent(pathname.slice(1))} at ${hostname}:${port || "5432"}`;
}
