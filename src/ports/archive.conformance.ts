/** The law for every archive, whatever keeps the data. */
import { expect, test } from "bun:test";
import { existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync, gzipSync } from "node:zlib";
import type { Archive } from "./archive.ts";

export interface ArchiveBench extends AsyncDisposable {
  archive: Archive;
  /** A folder for backup files. */
  dir: string;
  /** Changes what is stored. */
  write(text: string): Promise<void>;
  /** What a server that starts now would see. */
  read(): Promise<string[]>;
  /** Starts and stops a stand-in for the server. */
  startServer(): void;
  stopServer(): void;
}

const quiet = () => {};

export function archiveConformance(open: () => Promise<ArchiveBench>): void {
  test("what was backed up while the server runs comes back, and what was there is kept aside", async () => {
    await using bench = await open();
    bench.startServer();
    await bench.write("before");
    const file = join(bench.dir, "one.upb");
    const report = await bench.archive.backup(file, quiet);
    expect(report.bytes).toBe(statSync(file).size);
    await bench.write("after");
    bench.stopServer();

    const restored = await bench.archive.restore(file, quiet);
    expect(await bench.read()).toEqual(["before"]);
    expect(restored.keptAside.length).toBeGreaterThan(0);
    for (const path of restored.keptAside) expect(existsSync(path)).toBe(true);
  });

  test("a backup is readable by its owner only and never replaces a file", async () => {
    await using bench = await open();
    const file = join(bench.dir, "one.upb");
    await bench.archive.backup(file, quiet);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await refusalOf(bench.archive.backup(file, quiet))).toBe("already_exists");
  });

  test("a restore is refused while a server uses the data", async () => {
    await using bench = await open();
    await bench.write("mine");
    const file = join(bench.dir, "one.upb");
    await bench.archive.backup(file, quiet);
    await bench.write("newer");
    bench.startServer();
    expect(await refusalOf(bench.archive.restore(file, quiet))).toBe("failed_precondition");
    bench.stopServer();
    expect(await bench.read()).toEqual(["mine", "newer"]);
  });

  const damages: [string, (bytes: Buffer) => Buffer][] = [
    ["cut short", (bytes) => bytes.subarray(0, bytes.length - 100)],
    ["with a changed byte in what is stored", (bytes) => changed(bytes)],
    ["with bytes added", (bytes) => gzipSync(Buffer.concat([gunzipSync(bytes), Buffer.from("more")]))],
    ["that is something else", () => Buffer.from("hello")],
    ["that is empty", () => Buffer.alloc(0)],
    ["that names a file elsewhere", (bytes) => gzipSync(Buffer.from(gunzipSync(bytes).toString("latin1").replace('"master.key"', '"../evil.key"'), "latin1"))],
  ];
  test.each(damages)("a backup %s is refused and changes nothing", async (_, damage) => {
    await using bench = await open();
    await bench.write("mine");
    const file = join(bench.dir, "one.upb");
    await bench.archive.backup(file, quiet);
    const whole = readFileSync(file);
    rmSync(file);
    writeFileSync(file, damage(whole));
    await bench.write("newer");
    expect(await refusalOf(bench.archive.restore(file, quiet))).toBe("invalid_argument");
    expect(await bench.read()).toEqual(["mine", "newer"]);
  });

  test("a backup that is not there is told as such", async () => {
    await using bench = await open();
    expect(await refusalOf(bench.archive.restore(join(bench.dir, "none.upb"), quiet))).toBe("not_found");
  });

  test("progress never goes back and ends at the whole", async () => {
    await using bench = await open();
    await bench.write("x".repeat(3_000_000));
    const seen: number[] = [];
    let total = -1;
    await bench.archive.backup(join(bench.dir, "one.upb"), ({ step, doneBytes, totalBytes }) => {
      if (step !== "pack") return;
      seen.push(doneBytes);
      total = totalBytes;
    });
    expect(seen.length).toBeGreaterThan(1);
    expect(seen).toEqual(seen.toSorted((a, b) => a - b));
    expect(seen.at(-1)).toBe(total);
  });
}

/** A byte of the contents changed and packed again, so that only our own checksum can tell. */
function changed(bytes: Buffer): Buffer {
  const plain = gunzipSync(bytes);
  plain[plain.length - 20]! ^= 1;
  return gzipSync(plain);
}

async function refusalOf(work: Promise<unknown>): Promise<unknown> {
  return work.then(
    () => "no refusal",
    (error: { code?: unknown }) => error.code,
  );
}
