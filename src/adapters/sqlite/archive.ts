/**
 * A backup is one gzip file: a line of JSON (the manifest), then the files it lists, one after the other.
 * `zcat backup.upb | head -1` shows what is inside.
 */
import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmodSync, closeSync, createReadStream, createWriteStream, existsSync, fsyncSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { AppError, messageOf } from "#kernel/errors";
import { acquireLock } from "#kernel/process_lock";
import type { Archive, BackupReport, OnProgress, RestoreReport } from "#ports/archive";
import { type ArchiveFile, archiveFormat, archivedFiles, type Manifest, unpack } from "./archive_reader.ts";

export interface ArchiveOptions {
  dataDir: string;
  now: () => number;
}

const [databaseName, keyName] = archivedFiles;

export function createSqliteArchive({ dataDir, now }: ArchiveOptions): Archive {
  return {
    async backup(target, onProgress) {
      if (!existsSync(join(dataDir, databaseName))) {
        throw new AppError("not_found", `nothing to back up: there is no ${databaseName} in ${dataDir}`);
      }
      if (existsSync(target)) throw new AppError("already_exists", `the backup was not written: ${target} exists already`);
      const snapshot = `${target}.snapshot`;
      const partial = `${target}.partial`;
      try {
        onProgress({ step: "snapshot", doneBytes: 0, totalBytes: 0 });
        takeSnapshot(join(dataDir, databaseName), snapshot);
        const sources: { name: string; path: string }[] = [{ name: databaseName, path: snapshot }];
        if (existsSync(join(dataDir, keyName))) sources.push({ name: keyName, path: join(dataDir, keyName) });
        const files = await pack(sources, { partial, takenAt: new Date(now()).toISOString(), onProgress });
        renameSync(partial, target);
        syncFolder(dirname(target));
        return { bytes: statSync(target).size, files };
      } finally {
        rmSync(snapshot, { force: true });
        rmSync(partial, { force: true });
      }
    },

    async restore(source, onProgress) {
      // Before anything is made: a mistyped name must not leave an empty data directory behind.
      if (!existsSync(source)) throw new AppError("not_found", `nothing was restored: there is no file ${source}`);
      mkdirSync(dataDir, { recursive: true, mode: 0o700 });
      const lock = acquireLock(join(dataDir, "lock"));
      const fresh = (name: string) => join(dataDir, `${name}.restoring`);
      try {
        const manifest = await unpack(source, fresh, onProgress);
        refuseDamaged(source, fresh(databaseName));
        const suffix = `.before-restore-${new Date(now()).toISOString().replaceAll(/[:.]/g, "-")}`;
        return putInPlace(manifest, { dataDir, fresh, suffix });
      } finally {
        for (const name of archivedFiles) rmSync(fresh(name), { force: true });
        lock.release();
      }
    },
  };
}

/** A consistent copy while the server writes on: a reader's view of one instant, without its free pages. */
function takeSnapshot(database: string, snapshot: string): void {
  rmSync(snapshot, { force: true });
  // Made before SQLite fills it, so that the data is at no time readable by others.
  closeSync(openSync(snapshot, "wx", 0o600));
  const db = new Database(database, { readwrite: true, create: false });
  try {
    db.run("PRAGMA busy_timeout = 10000");
    db.run("VACUUM INTO ?", [snapshot]);
  } finally {
    db.close();
  }
}

async function pack(
  sources: { name: string; path: string }[],
  options: { partial: string; takenAt: string; onProgress: OnProgress },
): Promise<BackupReport["files"]> {
  const files: ArchiveFile[] = [];
  for (const { name, path } of sources) files.push({ name, bytes: statSync(path).size, sha256: await hashOf(path) });
  const totalBytes = files.reduce((sum, file) => sum + file.bytes, 0);
  const manifest: Manifest = { format: archiveFormat, takenAt: options.takenAt, files };

  const gzip = createGzip({ level: 4 });
  const out = createWriteStream(options.partial, { mode: 0o600, flush: true });
  gzip.pipe(out);
  const written = finished(out);
  // An error of the file must end the compressor too, or its next `drain` never comes.
  out.on("error", (error) => gzip.destroy(error));
  await put(gzip, `${JSON.stringify(manifest)}\n`);
  let doneBytes = 0;
  for (const { path } of sources) {
    for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) {
      await put(gzip, chunk as Buffer);
      doneBytes += (chunk as Buffer).length;
      options.onProgress({ step: "pack", doneBytes, totalBytes });
    }
  }
  gzip.end();
  await written;
  return files;
}

async function put(stream: Writable, chunk: string | Buffer): Promise<void> {
  if (!stream.write(chunk)) await once(stream, "drain");
}

async function hashOf(path: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest("hex");
}

/** The checksums have matched: this finds a database that was damaged before it was backed up. */
function refuseDamaged(source: string, database: string): void {
  const db = new Database(database, { readwrite: true, create: false });
  try {
    const found = db.query("PRAGMA quick_check(1)").get() as { quick_check: string };
    if (found.quick_check !== "ok") throw new AppError("invalid_argument", `${source} was not restored: its database is damaged: ${found.quick_check}`);
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError("invalid_argument", `${source} was not restored: its database cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    db.close();
  }
}

/** The old file gets a second name before the new one takes its place, so there is a whole database at every instant. */
function putInPlace(manifest: Manifest, { dataDir, fresh, suffix }: { dataDir: string; fresh: (name: string) => string; suffix: string }): RestoreReport {
  const keptAside: string[] = [];
  foldLog(join(dataDir, databaseName), `${databaseName}${suffix}`);
  for (const { name } of manifest.files) {
    const place = join(dataDir, name);
    if (existsSync(place)) {
      linkSync(place, `${place}${suffix}`);
      keptAside.push(`${place}${suffix}`);
    }
    syncFile(fresh(name));
    renameSync(fresh(name), place);
  }
  syncFolder(dataDir);
  return { takenAtMs: Date.parse(manifest.takenAt), files: manifest.files.map(({ name, bytes }) => ({ name, bytes })), keptAside };
}

/** Writes the old database's log into it, for the log must not be found beside the new one. */
function foldLog(database: string, asideName: string): void {
  if (!existsSync(database)) return;
  try {
    const db = new Database(database, { readwrite: true, create: false });
    db.run("PRAGMA wal_checkpoint(TRUNCATE)");
    db.close();
  } catch {
    // Too damaged to open, which may be why it is being replaced: its log goes aside under the name SQLite would look for.
  }
  for (const ending of ["-wal", "-shm"]) {
    if (existsSync(`${database}${ending}`)) renameSync(`${database}${ending}`, join(dirname(database), `${asideName}${ending}`));
  }
}

function syncFile(path: string): void {
  chmodSync(path, 0o600);
  const fd = openSync(path, "r+");
  fsyncSync(fd);
  closeSync(fd);
}

function syncFolder(path: string): void {
  const fd = openSync(path, "r");
  fsyncSync(fd);
  closeSync(fd);
}
