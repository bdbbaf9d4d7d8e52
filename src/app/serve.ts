/** `uptimeping serve`: settings in, a running process, an exit code out. */
import { AppError, messageOf } from "#kernel/errors";
import { loadRoles, roleNames, type RoleName } from "../roles/index.ts";
import { runApp, type RunningApp } from "./run.ts";
import { describeSettings, readSettings, runsAllRoles, settingsHelp, SettingsError, unknownVariables, type Settings } from "./settings.ts";
import { version } from "./version.ts";

const exit = { ok: 0, failed: 1, usage: 2, ioError: 74, deposed: 75, badSettings: 78 };

export async function serve(args: string[]): Promise<number> {
  const settings = await settingsOrProblems(args);
  if (!settings) return exit.badSettings;
  const all = runsAllRoles(settings.process);
  const wanted = all ? roleNames : (settings.process.role as RoleName[]);
  // Everything that is kept is for the owner's eyes.
  process.umask(0o077);
  const stopSignal = firstSignal();
  let app: RunningApp;
  try {
    app = await runApp({
      roles: await loadRoles(wanted),
      settings,
      writeLog: (line) => void process.stderr.write(line),
      isTerminal: process.stderr.isTTY === true,
      onFatal: (error, log) => {
        log.error("ending the process: the disk refused a write, so nothing more may be acknowledged", { error });
        process.exit(exit.ioError);
      },
      onDeposed: (reason, log) => {
        log.error(`ending the process: ${reason}`);
        process.exit(exit.deposed);
      },
    });
  } catch (error) {
    return reportFailedStart(error);
  }
  const roles = all ? "" : ` (${wanted.join(", ")})`;
  process.stdout.write(`UptimePing ${version}${roles} is ready${Object.entries(app.bound).map(([name, at]) => `  ${name} ${at}`).join("")}\n`);
  for (const line of app.lines) process.stdout.write(`${line}\n`);
  const unknown = unknownVariables(await loadRoles(roleNames), process.env);
  if (unknown.length > 0) app.log.warn("variables that look like settings are none", { variables: unknown.join(", ") });

  app.log.info("stopping", { signal: await stopSignal });
  setTimeout(() => process.exit(exit.failed), settings.process.stopTimeout * 1000).unref();
  await app.stop();
  return exit.ok;
}

/** Full, read-only, somebody else's, or damaged. */
const diskRefusal = /^(ENOSPC|EDQUOT|EROFS|EACCES|EPERM|EIO|SQLITE_(FULL|READONLY|IOERR|CANTOPEN|NOTADB|CORRUPT))/;

/** One clear sentence for what the person can mend; a stack trace only for what is our own fault. */
function reportFailedStart(error: unknown): number {
  if (diskRefusal.test((error as { code?: string }).code ?? "")) {
    process.stderr.write(`uptimeping: what is kept on disk cannot be read or written: ${messageOf(error)}\n`);
    return exit.ioError;
  }
  if (!(error instanceof AppError)) {
    process.stderr.write(`uptimeping: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return exit.failed;
  }
  const lines = [error.message, ...(error.fields.length > 1 ? error.fields.map(({ pointer, message }) => `${pointer.slice(1)}: ${message}`) : [])];
  for (const line of lines) process.stderr.write(`uptimeping: ${line}\n`);
  return error.code === "invalid_argument" ? exit.badSettings : exit.failed;
}

/** A first signal stops in order, even one that comes while the process still starts; a second one ends it at once. */
function firstSignal(): Promise<string> {
  return new Promise((resolve) => {
    let seen = false;
    const onSignal = (signal: string) => {
      if (seen) process.exit(exit.failed);
      seen = true;
      resolve(signal);
    };
    process.on("SIGTERM", () => onSignal("SIGTERM"));
    process.on("SIGINT", () => onSignal("SIGINT"));
  });
}

export async function runSettings(args: string[]): Promise<number> {
  const [verb = "", ...rest] = args;
  if (verb !== "check" && verb !== "diff" && verb !== "show") {
    process.stderr.write("usage: uptimeping settings check|show|diff [settings]\n");
    return exit.usage;
  }
  const settings = await settingsOrProblems(rest);
  if (!settings) return exit.badSettings;
  process.stdout.write(verb === "check" ? "the settings are good\n" : describeSettings(await loadRoles(roleNames), settings, verb === "diff"));
  return exit.ok;
}

export async function helpText(): Promise<string> {
  return settingsHelp(await loadRoles(roleNames));
}

async function settingsOrProblems(args: string[]): Promise<Settings | undefined> {
  try {
    return readSettings(await loadRoles(roleNames), args, process.env);
  } catch (error) {
    if (!(error instanceof SettingsError)) throw error;
    for (const problem of error.problems) process.stderr.write(`uptimeping: ${problem}\n`);
    return undefined;
  }
}
