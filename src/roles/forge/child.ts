/**
 * Starts the child for one job and makes sure that it ends: killed when it takes too long, grows too large, says too much,
 * or when nobody waits for it any more. The parent only ever reads JSON that it has checked.
 */
import { readFileSync } from "node:fs";
import type { Clock } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import { type Answer, answerSchemas, type Job } from "./job.ts";
import { limits } from "./limits.ts";

export interface ChildOptions {
  /** Starts this executable again; the hidden subcommand is put behind it. */
  command: string[];
  clock: Clock;
  timeoutMs: number;
  memoryBytes: number;
}

const workerSubcommand = "forge-worker";
const memoryPollMs = 50;

export type RunJob = <J extends Job>(job: J, signal: AbortSignal) => Promise<Answer<J["kind"]>>;

export function createJobRunner(options: ChildOptions): RunJob {
  return async function run<J extends Job>(job: J, signal: AbortSignal): Promise<Answer<J["kind"]>> {
    const output = await runChild(options, job, signal);
    try {
      return answerSchemas[job.kind].parse(JSON.parse(output)) as Answer<J["kind"]>;
    } catch (error) {
      throw new AppError("internal", "the forge's child process gave an answer that makes no sense", { cause: error });
    }
  };
}

async function runChild({ command, clock, timeoutMs, memoryBytes }: ChildOptions, job: Job, signal: AbortSignal): Promise<string> {
  if (signal.aborted) throw new AppError("cancelled", "the caller went away");
  const child = Bun.spawn([...command, workerSubcommand], {
    // Nothing of the parent's is inherited: not its environment, not its folder with settings files in it.
    cwd: "/",
    env: {},
    stdin: new Blob([JSON.stringify(job)]),
    stdout: "pipe",
    stderr: "pipe",
  });
  let reason: AppError | undefined;
  const refused = (why: string) => refusalOf(job, why);
  const kill = (why: AppError) => {
    reason ??= why;
    child.kill("SIGKILL");
  };
  const onAbort = () => kill(new AppError("cancelled", "the caller went away"));
  const deadline = clock.after(timeoutMs, () => kill(refused(`it took longer than ${timeoutMs} ms`)));
  const watch = clock.every(memoryPollMs, () => {
    if (residentBytes(child.pid) > memoryBytes) kill(refused(`it needed more than ${Math.round(memoryBytes / 1024 / 1024)} MB of memory`));
  });
  signal.addEventListener("abort", onAbort, { once: true });
  try {
    const [output, complaint, code] = await Promise.all([
      capped(child.stdout, limits.answerBytes, () => kill(refused("the answer is too large"))),
      capped(child.stderr, 64 * 1024, () => {}),
      child.exited,
    ]);
    if (reason) throw reason;
    if (code !== 0) throw new AppError("internal", `the forge's child process ended with code ${code}`, { cause: new Error(complaint) });
    return output;
  } catch (error) {
    throw error instanceof AppError ? error : new AppError("internal", `the forge's child process failed: ${messageOf(error)}`, { cause: error });
  } finally {
    deadline.cancel();
    watch.cancel();
    signal.removeEventListener("abort", onAbort);
    child.kill("SIGKILL");
  }
}

function refusalOf({ kind }: Job, why: string): AppError {
  const [what, pointer] = kind === "descriptors" ? ["what the server describes", "/reflection"] : ["the files", "/files"];
  return new AppError("invalid_argument", `${what} cannot be processed: ${why}`, { fields: [{ pointer, message: why }] });
}

/** Physical memory of a process; 0 where the system does not say, so that only the time limit is left. */
function residentBytes(pid: number): number {
  try {
    const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return Number(kilobytes ?? 0) * 1024;
  } catch {
    return 0;
  }
}

/** Reads to the end, but keeps no more than `maxBytes`. */
async function capped(stream: ReadableStream<Uint8Array>, maxBytes: number, onMore: () => void): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    if (bytes > maxBytes) onMore();
    else chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
