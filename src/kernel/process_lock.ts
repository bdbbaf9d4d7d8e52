/**
 * At most one process holds a lock file. The kernel drops an flock when its holder dies, however it dies,
 * so a kill -9 leaves nothing to clean up.
 */
import { dlopen, FFIType } from "bun:ffi";
import { closeSync, ftruncateSync, openSync, readFileSync, writeSync } from "node:fs";
import { AppError } from "./errors.ts";

const exclusiveWithoutWaiting = 2 | 4;

export interface ProcessLock {
  /** Doing it again changes nothing. */
  release(): void;
}

/** Refuses with `failed_precondition` when another process holds the lock; says which. */
export function acquireLock(path: string): ProcessLock {
  const fd = openSync(path, "a+", 0o600);
  if (flock(fd) !== 0) {
    const holder = readFileSync(path, "utf8").trim();
    closeSync(fd);
    throw new AppError("failed_precondition", `${path} is locked: another UptimePing${holder === "" ? "" : ` (process ${holder})`} uses this data directory`);
  }
  ftruncateSync(fd, 0);
  writeSync(fd, `${process.pid}\n`);
  let held = true;
  return {
    release() {
      // Once: by the next time the number may be another file's.
      if (held) closeSync(fd);
      held = false;
    },
  };
}

function flock(fd: number): number {
  const libraries = process.platform === "darwin" ? ["libSystem.dylib"] : ["libc.so.6", "libc.so", `libc.musl-${process.arch === "arm64" ? "aarch64" : "x86_64"}.so.1`];
  for (const name of libraries) {
    let library;
    try {
      library = dlopen(name, { flock: { args: [FFIType.i32, FFIType.i32], returns: FFIType.i32 } });
    } catch {
      continue;
    }
    return library.symbols.flock(fd, exclusiveWithoutWaiting);
  }
  throw new AppError("failed_precondition", "cannot lock the data directory: no C library with flock was found");
}
