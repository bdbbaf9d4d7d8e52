/** Takes a backup apart into files of our choosing; nothing in the backup decides where anything is written. */
import { createHash, type Hash } from "node:crypto";
import { closeSync, createReadStream, openSync, statSync, writeSync } from "node:fs";
import { createGunzip } from "node:zlib";
import { AppError, messageOf } from "#kernel/errors";
import type { OnProgress } from "#ports/archive";

export const archiveFormat = "uptimeping-backup-1";
export const archivedFiles = ["uptimeping.db", "master.key"] as const;

export interface ArchiveFile {
  name: string;
  bytes: number;
  sha256: string;
}

export interface Manifest {
  format: string;
  /** RFC 3339. */
  takenAt: string;
  files: ArchiveFile[];
}

const longestManifest = 64 * 1024;

/** Unpacks every file to `pathOf(name)` and compares its checksum; refuses with `invalid_argument` at the first difference. */
export async function unpack(source: string, pathOf: (name: string) => string, onProgress: OnProgress): Promise<Manifest> {
  const totalBytes = statSync(source).size;
  const file = createReadStream(source);
  const gunzip = createGunzip();
  file.on("error", (error) => gunzip.destroy(error));
  file.pipe(gunzip);
  const parts = new Parts(source, pathOf);
  try {
    for await (const chunk of gunzip) {
      parts.take(chunk as Buffer);
      onProgress({ step: "unpack", doneBytes: file.bytesRead, totalBytes });
    }
    return parts.end();
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw damaged(source, messageOf(error), error);
  } finally {
    parts.close();
    file.destroy();
  }
}

/** Cuts the stream into the manifest and the files it announces. */
class Parts {
  #head: Buffer | undefined = Buffer.alloc(0);
  #manifest: Manifest | undefined;
  #next = 0;
  #open: { fd: number; left: number; hash: Hash; file: ArchiveFile } | undefined;

  constructor(
    readonly source: string,
    readonly pathOf: (name: string) => string,
  ) {}

  take(chunk: Buffer): void {
    let rest = chunk;
    if (this.#head) {
      const head = Buffer.concat([this.#head, chunk]);
      const newline = head.indexOf(10);
      if (newline < 0 && head.length <= longestManifest) {
        this.#head = head;
        return;
      }
      this.#manifest = readManifest(this.source, head.subarray(0, Math.max(0, newline)).toString("utf8"));
      this.#head = undefined;
      rest = head.subarray(newline + 1);
      this.#openNext();
    }
    while (rest.length > 0) {
      if (!this.#open) throw damaged(this.source, "there is more in it than its list of contents says");
      const part = rest.subarray(0, this.#open.left);
      writeSync(this.#open.fd, part);
      this.#open.hash.update(part);
      this.#open.left -= part.length;
      rest = rest.subarray(part.length);
      if (this.#open.left === 0) this.#finish();
    }
  }

  end(): Manifest {
    if (!this.#manifest || this.#open) throw damaged(this.source, "it ends too early");
    return this.#manifest;
  }

  close(): void {
    if (this.#open) closeSync(this.#open.fd);
    this.#open = undefined;
  }

  #openNext(): void {
    const file = this.#manifest!.files[this.#next++];
    if (!file) return;
    this.#open = { fd: openSync(this.pathOf(file.name), "w", 0o600), left: file.bytes, hash: createHash("sha256"), file };
    if (file.bytes === 0) this.#finish();
  }

  #finish(): void {
    const { file, hash } = this.#open!;
    this.close();
    if (hash.digest("hex") !== file.sha256) throw damaged(this.source, `the checksum of ${file.name} differs`);
    this.#openNext();
  }
}

function readManifest(source: string, line: string): Manifest {
  let manifest: Partial<Manifest>;
  try {
    manifest = JSON.parse(line) as Partial<Manifest>;
  } catch (error) {
    throw damaged(source, "it is not a backup of UptimePing", error);
  }
  if (manifest?.format !== archiveFormat) throw damaged(source, `its format is "${String(manifest?.format)}", this version reads "${archiveFormat}"`);
  const files = Array.isArray(manifest.files) ? manifest.files : [];
  const names: readonly string[] = archivedFiles;
  const sound = files.every(({ name, bytes, sha256 }, i) => names.indexOf(name) === i && Number.isSafeInteger(bytes) && bytes >= 0 && typeof sha256 === "string");
  if (!sound || files.length === 0 || Number.isNaN(Date.parse(manifest.takenAt ?? ""))) throw damaged(source, "its list of contents makes no sense");
  return manifest as Manifest;
}

function damaged(source: string, why: string, cause?: unknown): AppError {
  return new AppError("invalid_argument", `${source} was not restored: ${why}`, { cause });
}
