import { afterAll, describe, expect, test } from "bun:test";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { selfCommand } from "#kernel/self_command";
import { shopProto, testRunner } from "./testing/forge.ts";

const dir = mkdtempSync(join(tmpdir(), "uptimeping-child-"));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const shop = { kind: "compile" as const, files: [{ name: "shop.proto", text: shopProto }] };
const patient = new AbortController().signal;

/** A child that first says who it is, then runs `script` instead of the forge's work. */
function rogue(name: string, script: string) {
  const pidFile = join(dir, name);
  const command = [process.execPath, "-e", `require("fs").writeFileSync(${JSON.stringify(pidFile)}, String(process.pid)); ${script}`];
  return { command, isAlive: () => isAlive(Number(readFileSync(pidFile, "utf8"))), hasStarted: () => existsSync(pidFile) && readFileSync(pidFile, "utf8") !== "" };
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

const failure = (attempt: Promise<unknown>) => attempt.catch((error: unknown) => error);

describe("the child process", () => {
  test("is killed when it does not end in time", async () => {
    const { command, isAlive } = rogue("slow", "for (;;);");
    const refusal = await failure(testRunner({ command, timeoutMs: 700 })(shop, patient));
    expect(refusal).toMatchObject({ code: "invalid_argument", message: "the files cannot be processed: it took longer than 700 ms" });
    expect(isAlive()).toBe(false);
  });

  test.if(existsSync("/proc/self/status"))("is killed when it grows too large, long before the time is up", async () => {
    const { command, isAlive } = rogue("fat", "const held = []; setInterval(() => held.push(new Uint8Array(16 << 20).fill(1)), 5);");
    const refusal = await failure(testRunner({ command, memoryBytes: 250 * 1024 * 1024, timeoutMs: 15_000 })(shop, patient));
    expect(refusal).toMatchObject({ code: "invalid_argument", message: "the files cannot be processed: it needed more than 250 MB of memory" });
    expect(isAlive()).toBe(false);
  });

  test("is killed when it says too much", async () => {
    const { command, isAlive } = rogue("loud", 'const line = "x".repeat(1 << 20); for (;;) require("fs").writeSync(1, line);');
    const refusal = await failure(testRunner({ command })(shop, patient));
    expect(refusal).toMatchObject({ message: "the files cannot be processed: the answer is too large" });
    expect(isAlive()).toBe(false);
  });

  test("is killed when the caller goes away", async () => {
    const { command, isAlive, hasStarted } = rogue("unwanted", "for (;;);");
    const caller = new AbortController();
    const attempt = failure(testRunner({ command })(shop, caller.signal));
    while (!hasStarted()) await Bun.sleep(5);
    caller.abort();
    expect(await attempt).toMatchObject({ code: "cancelled" });
    expect(isAlive()).toBe(false);
  });

  test.each([
    ["dies", "process.exit(3)"],
    ["answers nothing", ""],
    ["answers something that is not JSON", 'console.log("hello")'],
    ["answers JSON of another shape", 'console.log(JSON.stringify({ kind: "compile", problems: [], services: [], messages: -1, descriptors: "", more: 1 }))'],
  ])("that %s is an error of ours, told without its words", async (name, script) => {
    const { command } = rogue(name, script);
    const error = await failure(testRunner({ command })(shop, patient));
    expect(error).toMatchObject({ code: "internal" });
  });

  test("is the executable itself, started again", async () => {
    expect(await testRunner({ command: selfCommand() })(shop, patient)).toMatchObject({ problems: [], messages: 7 });
    expect(selfCommand("/$bunfs/root/uptimeping")).toEqual([process.execPath]);
  });

  test("inherits nothing of the environment", async () => {
    process.env["UPTIMEPING_FORGE_TEST"] = "secret";
    const { command } = rogue("nosy", `if (process.env.UPTIMEPING_FORGE_TEST !== undefined || process.cwd() !== "/") process.exit(3);
      console.log(JSON.stringify({ kind: "compile", problems: [], services: [], messages: 0, descriptors: "" }));`);
    expect(await testRunner({ command })(shop, patient)).toMatchObject({ kind: "compile" });
    delete process.env["UPTIMEPING_FORGE_TEST"];
  });

  test("leaves the parent able to work and quick to answer while another one spins", async () => {
    const { command } = rogue("spinning", "for (;;);");
    const spinning = failure(testRunner({ command, timeoutMs: 1_000 })(shop, patient));
    let longestMs = 0;
    let last = performance.now();
    const pulse = setInterval(() => {
      longestMs = Math.max(longestMs, performance.now() - last);
      last = performance.now();
    }, 5);
    expect(await testRunner()(shop, patient)).toMatchObject({ problems: [] });
    await spinning;
    clearInterval(pulse);
    // A parent that parsed or waited in its own thread would stand still for the whole second.
    expect(longestMs).toBeLessThan(500);
  });
});
