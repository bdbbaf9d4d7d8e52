import type { Command } from "commander";
import { sleep } from "#kernel/clock";
import { AppError, messageOf } from "#kernel/errors";
import type { CommandContext, Register } from "../context.ts";
import type { CliIo } from "../io.ts";

interface Flags {
  start?: boolean;
  fail?: boolean;
  log?: boolean;
  exitCode?: string;
  body?: string;
}

const answerWithinMs = 5_000;
/** Between tries; a job must not wait long for a monitor that is away. */
const pausesMs = [1_000, 3_000];
const keptBytes = 10_000;
/** What a shell gives for a program that cannot be run. */
const cannotRun = 127;

const help = `
With a command: says when it starts, runs it without a shell, and reports its exit code and the end of its output. The output passes
through, the exit code is the command's, and a monitor that cannot be reached never makes it fail.

Examples:
  uptimeping ping https://uptime.example/ping/…
  uptimeping ping https://uptime.example/ping/… -- /usr/local/bin/backup --all`;

export const register: Register = (ping, run) => {
  options(ping)
    .usage("[options] <ping-url> [-- <command> [arguments…]]")
    .argument("<ping-url>", "of a heartbeat check")
    .argument("[command...]")
    .addHelpText("after", help)
    .action(run((context, url: string, command: string[], flags: Flags) => (command.length > 0 ? wrap(context, url, command) : report(context, baseOf(url), flags))));
};

function options(ping: Command): Command {
  return ping
    .option("--start", "the job has started")
    .option("--fail", "the job has failed")
    .option("--log", "only keep the body")
    .option("--exit-code <code>", "the job has ended with this code, 0 to 255")
    .option("--body <text>", "what to send along, - for standard input");
}

async function report({ io, output }: CommandContext, url: string, { start, fail, log, exitCode, body = "" }: Flags): Promise<void> {
  const said = [start && "start", fail && "fail", log && "log", exitCode].filter((one) => typeof one === "string");
  if (said.length > 1) throw new AppError("malformed", "a ping says one thing: --start, --fail, --log or --exit-code");
  if (exitCode !== undefined && !(/^\d{1,3}$/.test(exitCode) && Number(exitCode) <= 255)) throw new AppError("malformed", `--exit-code "${exitCode}" is no exit code: it is a number from 0 to 255`);
  await send(io, url + (said.length === 0 ? "" : `/${said[0]}`), body === "-" ? await io.readStdin() : body);
  output.say("OK");
}

/** The end is told after the start; neither keeps the command from running, nor does a URL that is none. */
async function wrap({ io, output }: CommandContext, url: string, command: string[]): Promise<number> {
  const run = `?rid=${crypto.randomUUID()}`;
  const started = tell(io, url, `/start${run}`, "");
  const tail = createTail(keptBytes);
  let code = cannotRun;
  try {
    code = await io.run(command, tail.add);
  } catch (error) {
    io.stderr(`uptimeping: ${messageOf(error)}\n`);
    tail.add(Buffer.from(messageOf(error)));
  }
  await started;
  const problem = await tell(io, url, `/${code}${run}`, tail.text());
  if (problem !== undefined) output.say(`uptimeping: the monitor was not told: ${problem}`);
  return code;
}

/** Gives why it was not heard. */
function tell(io: CliIo, url: string, said: string, body: string): Promise<string | undefined> {
  return Promise.try(() => send(io, baseOf(url) + said, body)).then(() => undefined, messageOf);
}

async function send(io: CliIo, url: string, body: string): Promise<void> {
  for (let tries = 0; ; tries++) {
    const problem = await trySending(io, url, body);
    if (problem === undefined) return;
    const pauseMs = pausesMs[tries];
    if (pauseMs === undefined || problem.code === "not_found") throw problem;
    await sleep(io.clock, pauseMs);
  }
}

async function trySending(io: CliIo, url: string, body: string): Promise<AppError | undefined> {
  try {
    const response = await io.fetch(url, { method: "POST", body, headers: { "user-agent": "uptimeping-cli", "content-type": "text/plain" }, signal: AbortSignal.timeout(answerWithinMs) });
    if (response.ok) return undefined;
    if (response.status === 404) return new AppError("not_found", "no check has this ping URL");
    return new AppError("unavailable", `the monitor answered with status ${response.status}`);
  } catch (error) {
    return new AppError("unavailable", `the monitor cannot be reached: ${messageOf(error)}`, { cause: error });
  }
}

/** The ping URL, whatever slash stands at its end. */
function baseOf(url: string): string {
  if (!/^https?:\/\/[^/]+\/.+/.test(url) || !URL.canParse(url)) throw new AppError("malformed", `"${url}" is no ping URL: it looks like https://uptime.example/ping/…`);
  return url.replace(/[?#].*$/, "").replace(/\/+$/, "");
}

/** The last `limit` bytes of what was added. */
function createTail(limit: number) {
  let kept = Buffer.alloc(0);
  return {
    add(piece: Uint8Array): void {
      kept = Buffer.concat([kept, piece]).subarray(-limit);
    },
    text: () => kept.toString(),
  };
}
