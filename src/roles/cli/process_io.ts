/** The outside of a command that runs as a process of its own. */
import { writeSync } from "node:fs";
import { homedir } from "node:os";
import type { Clock } from "#kernel/clock";
import type { CliIo } from "./io.ts";
import { runProgram } from "./run_program.ts";

/** What a shell reports for a program whose reader went away. */
const readerGone = 141;

export function createProcessIo(clock: Clock, interrupted: AbortSignal): CliIo {
  return {
    stdout: (text) => writeAll(1, text),
    stderr: (text) => writeAll(2, text),
    readStdin: () => Bun.stdin.text(),
    stdoutIsTerminal: process.stdout.isTTY,
    stdinIsTerminal: process.stdin.isTTY,
    env: process.env,
    clock,
    fetch: (url, init) => fetch(url, init),
    run(command, onOutput) {
      const passing = (fd: number) => (piece: Uint8Array) => {
        writeAll(fd, piece);
        onOutput(piece);
      };
      return runProgram(command, clock, { stdout: passing(1), stderr: passing(2) });
    },
    homeDir: homedir,
    interrupted,
  };
}

/** Synchronous: what a stream still holds when the process exits is lost, and a pipe takes 64 KiB at a time. */
function writeAll(fd: number, text: string | Uint8Array): void {
  const bytes = typeof text === "string" ? Buffer.from(text) : text;
  for (let at = 0; at < bytes.length; ) {
    try {
      at += writeSync(fd, bytes, at);
    } catch (error) {
      const { code } = error as { code?: string };
      // `uptimeping … | head` has seen enough; that is no failure to tell anybody about.
      if (code === "EPIPE") process.exit(readerGone);
      if (code !== "EAGAIN") throw error;
      Bun.sleepSync(1);
    }
  }
}
