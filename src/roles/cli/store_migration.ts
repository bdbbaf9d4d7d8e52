/**
 * Moves everything from one store to another, in pages, each with a mark in the target of how far its table is, so that a migration
 * which was broken off goes on. A migration is over when every table of the target was read back and has the rows of the source; until
 * then no server starts on it.
 */
import { iso, type Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import { failpoint } from "#kernel/failpoint";
import { RowDigest, sha256Of } from "#kernel/row_digest";
import type { CopyMark, CopySource, CopyTarget, StoredRow, StoreReader } from "#ports/store_copy";
import { storedTables, type StoredTable } from "#ports/stored_tables";

export interface MigrationProgress {
  step: "copy" | "verify";
  table: string;
  rows: number;
  totalRows: number;
  /** Of this run and table. */
  elapsedMs: number;
  rowsNow: number;
  isDone: boolean;
}

export interface MigratedTable {
  table: string;
  rows: number;
  leftOut: number;
  source: string;
  target: string;
  same: boolean;
}

export interface Migration {
  source: CopySource;
  target: CopyTarget;
  clock: Clock;
  onProgress: (progress: MigrationProgress) => void;
  interrupted: AbortSignal;
}

export interface MigrationReport {
  /** An earlier run came to the end then, and this one did nothing; 0 when it was this one. */
  finishedBeforeMs: number;
  tables: MigratedTable[];
}

const none: CopyMark = { after: "", rows: 0, leftOut: 0, digest: "", isDone: false };

/** Rows of every table; refuses what a migration would refuse, and changes nothing. */
export async function checkMigration({ source, target }: Pick<Migration, "source" | "target">): Promise<{ counts: { table: string; rows: number }[]; state: string }> {
  const { state } = await usable(source, target);
  const counts: { table: string; rows: number }[] = [];
  for (const table of storedTables) counts.push({ table: table.name, rows: await source.count(table) });
  return { counts, state };
}

export async function migrateStore(migration: Migration): Promise<MigrationReport> {
  const { source, target, clock } = migration;
  const { state, atMs, fingerprint } = await usable(source, target);
  if (state === "finished") return { finishedBeforeMs: atMs, tables: [] };
  const marks = await source.resultMarks();
  await target.begin({ fingerprint, marks, nowMs: clock.now() });
  const before = await target.marks();
  const copied = new Map<StoredTable, CopyMark>();
  for (const table of storedTables) copied.set(table, await copyTable(migration, table, before[table.name] ?? none));
  const tables: MigratedTable[] = [];
  for (const [table, mark] of copied) tables.push(await verifyTable(migration, table, mark));
  const relayed = (await target.resultMarks()).relayed;
  if (relayed !== marks.relayed) throw new AppError("internal", `the copy is not right: results have been told up to ${marks.relayed} in the source and ${relayed} in the target`);
  if (tables.every(({ same }) => same)) await target.finish({ epochs: await source.epochs(), nowMs: clock.now() });
  return { finishedBeforeMs: 0, tables };
}

async function usable(source: CopySource, target: CopyTarget): Promise<{ state: "empty" | "begun" | "finished"; atMs: number; fingerprint: string }> {
  if (source.place === target.place) throw new AppError("failed_precondition", `nothing was migrated: source and target are the same, ${source.place}`);
  const fingerprint = await fingerprintOf(source);
  const found = await target.inspect();
  if (found.state === "finished" && found.fingerprint !== fingerprint) {
    throw new AppError("failed_precondition", `nothing was migrated: ${target.place} is not empty (a migration into it came to its end on ${iso(found.atMs)}); name one that is`);
  }
  if (found.state === "used") throw new AppError("failed_precondition", `nothing was migrated: ${target.place} is not empty (there are ${found.table} in it); name one that is`);
  if (found.state === "empty") return { state: found.state, atMs: 0, fingerprint };
  if (found.fingerprint !== fingerprint) {
    throw new AppError("failed_precondition", `nothing was migrated: ${target.place} was filled from another store, or from this one before it was used again; empty it and begin anew`);
  }
  return { state: found.state, atMs: found.atMs, fingerprint };
}

/** Differs once a server has worked on the store: each takes its leases with new epochs. */
async function fingerprintOf(source: StoreReader): Promise<string> {
  const epochs = Object.entries(await source.epochs()).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const heads: StoredRow[] = [];
  for (const name of ["tenants", "audit_heads"]) {
    const table = storedTables.find((one) => one.name === name)!;
    await eachPage(source, table, { after: "", limit: 1_000 }, async ({ rows }) => void heads.push(...rows));
  }
  return sha256Of([epochs, heads]);
}

async function copyTable(migration: Migration, table: StoredTable, before: CopyMark): Promise<CopyMark> {
  if (before.isDone) return before;
  const { source, target, clock } = migration;
  const totalRows = await source.count(table);
  const started = clock.monotonic();
  let mark = before;
  const tell = () => migration.onProgress({ step: "copy", table: table.name, rows: mark.rows, totalRows, elapsedMs: clock.monotonic() - started, rowsNow: mark.rows - before.rows, isDone: mark.isDone });
  await eachPage(source, table, { after: before.after, limit: target.rowsAtOnce(table) }, async ({ rows, next }) => {
    refuseInterrupted(migration);
    const from = mark;
    await target.put(table, rows, (leftOut) => (mark = markAfter(from, { rows, leftOut, next })));
    failpoint("page_copied", table.name);
    tell();
  });
  return mark;
}

function markAfter(before: CopyMark, { rows, leftOut, next }: { rows: readonly StoredRow[]; leftOut: readonly StoredRow[]; next: string }): CopyMark {
  const digest = new RowDigest(before.digest);
  for (const row of rows) if (!leftOut.includes(row)) digest.add(row);
  return { after: next, rows: before.rows + rows.length - leftOut.length, leftOut: before.leftOut + leftOut.length, digest: digest.text, isDone: next === "" };
}

async function verifyTable(migration: Migration, table: StoredTable, mark: CopyMark): Promise<MigratedTable> {
  const { target, clock } = migration;
  const started = clock.monotonic();
  const digest = new RowDigest();
  let rows = 0;
  const tell = (isDone: boolean) => migration.onProgress({ step: "verify", table: table.name, rows, totalRows: mark.rows, elapsedMs: clock.monotonic() - started, rowsNow: rows, isDone });
  await eachPage(target, table, { after: "", limit: target.rowsAtOnce(table) }, async (page) => {
    refuseInterrupted(migration);
    for (const row of page.rows) digest.add(row);
    rows += page.rows.length;
    tell(page.next === "");
  });
  const ends = { source: sha256Of([mark.rows, mark.digest]), target: sha256Of([rows, digest.text]) };
  return { table: table.name, rows, leftOut: mark.leftOut, ...ends, same: ends.source === ends.target };
}

type Page = Awaited<ReturnType<StoreReader["page"]>>;

/** One page is read while the one before it is worked on. */
async function eachPage(reader: StoreReader, table: StoredTable, { after, limit }: { after: string; limit: number }, work: (page: Page) => Promise<void>): Promise<void> {
  let page: Page | undefined = await reader.page(table, after, limit);
  while (page) {
    const worked = work(page);
    const following: Promise<Page> | undefined = page.next === "" ? undefined : reader.page(table, page.next, limit);
    await Promise.all([worked, following]);
    page = await following;
  }
}

function refuseInterrupted({ interrupted }: Migration): void {
  if (interrupted.aborted) throw new AppError("cancelled", "the migration was interrupted: the same command goes on where it stopped");
}
