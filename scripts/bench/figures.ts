/** Small arithmetic over measurements. */
import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";

/** The value below which `share` of the values lie; NaN for none. */
export function percentile(values: ArrayLike<number>, share: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** What one durable write of a page costs on the disk below `dir`: the floor under everything that promises to be stored. */
export function syncMs(dir: string): number {
  const path = join(dir, "sync");
  const fd = openSync(path, "w");
  const page = new Uint8Array(4096);
  const times = Array.from({ length: 50 }, () => {
    const started = performance.now();
    writeSync(fd, page);
    fdatasyncSync(fd);
    return performance.now() - started;
  });
  closeSync(fd);
  rmSync(path);
  return percentile(times, 0.5);
}
