import { expect, test } from "bun:test";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { acquireLock } from "./process_lock.ts";

function tempLock() {
  const dir = mkdtempSync(join(tmpdir(), "uptimeping-"));
  return { path: join(dir, "lock"), [Symbol.dispose]: () => rmSync(dir, { recursive: true }) };
}

/** A process that takes the lock, says so and then stands still. */
async function holdElsewhere(path: string) {
  const script = `const { acquireLock } = await import(${JSON.stringify(new URL("./process_lock.ts", import.meta.url).href)}); acquireLock(${JSON.stringify(path)}); console.log("held"); setInterval(() => {}, 1e6);`;
  const child = Bun.spawn([process.execPath, "-e", script], { stdout: "pipe", stderr: "inherit" });
  await child.stdout.getReader().read();
  return child;
}

test("a lock is held by one and free again when it is released", () => {
  using temp = tempLock();
  const lock = acquireLock(temp.path);
  expect(() => acquireLock(temp.path)).toThrow(`${temp.path} is locked: another UptimePing (process ${process.pid}) uses this data directory`);
  lock.release();
  const next = acquireLock(temp.path);
  lock.release();
  expect(() => acquireLock(temp.path)).toThrow("is locked");
  next.release();
});

test("another process that holds it is named, and leaves nothing behind when it is killed", async () => {
  using temp = tempLock();
  const child = await holdElsewhere(temp.path);
  expect(() => acquireLock(temp.path)).toThrow(`(process ${child.pid})`);
  child.kill("SIGKILL");
  await child.exited;
  acquireLock(temp.path).release();
});
