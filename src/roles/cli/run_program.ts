/** Runs another program for the user, as if this one were not in between. */
import { constants } from "node:os";
import { AppError, messageOf } from "#kernel/errors";
import { sleep, type Clock } from "#kernel/clock";

export interface ProgramOutput {
  stdout(piece: Uint8Array): void;
  stderr(piece: Uint8Array): void;
}

/** A daemon that the program left behind may hold its output open; it is not waited for longer than this. */
const lateOutputMs = 2_000;
/** A terminal sends SIGINT to both by itself. */
const forwarded = ["SIGTERM", "SIGHUP"] as const;

/** No shell. Gives the exit code, 128 + the signal's number when a signal ended it, as a shell does. */
export async function runProgram(command: readonly string[], clock: Clock, output: ProgramOutput): Promise<number> {
  const child = spawn(command);
  const forward = (signal: NodeJS.Signals) => child.kill(signal);
  for (const signal of forwarded) process.on(signal, forward);
  try {
    const read = Promise.all([pass(child.stdout, output.stdout), pass(child.stderr, output.stderr)]);
    await child.exited;
    const enough = new AbortController();
    await Promise.race([read, sleep(clock, lateOutputMs, enough.signal).catch(() => {})]);
    enough.abort();
  } finally {
    for (const signal of forwarded) process.off(signal, forward);
  }
  return child.signalCode === null ? (child.exitCode ?? 1) : 128 + constants.signals[child.signalCode as NodeJS.Signals];
}

function spawn(command: readonly string[]) {
  try {
    return Bun.spawn([...command], { stdin: "inherit", stdout: "pipe", stderr: "pipe" });
  } catch (error) {
    throw new AppError("failed_precondition", `${command[0]} cannot be run: ${messageOf(error)}`, { cause: error });
  }
}

async function pass(stream: ReadableStream<Uint8Array>, to: (piece: Uint8Array) => void): Promise<void> {
  for await (const piece of stream) to(piece);
}
