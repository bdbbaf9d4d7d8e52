/** The SQLite archive of a folder, for tests of roles, which know no adapter. */
import type { Archive } from "#ports/archive";
import { createSqliteArchive } from "../adapters/sqlite/archive.ts";

export function archiveOf(dataDir: string, nowMs: number): Archive {
  return createSqliteArchive({ dataDir, now: () => nowMs });
}
