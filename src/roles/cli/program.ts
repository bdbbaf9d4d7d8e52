/**
 * The command line. Nouns are a literal table; the one that was asked for is loaded, the others are only a line of help,
 * so that `--help` stays as fast as the executable starts.
 */
import { Command, CommanderError } from "commander";
import { AppError, messageOf } from "#kernel/errors";
import { globalGroup, globalOptions } from "./global_options.ts";
import type { CommandContext, Register, Run } from "./context.ts";
import { exitCodeOf, exitCodes } from "./exit_codes.ts";
import type { CliExtra, CliIo } from "./io.ts";

interface Noun {
  summary: string;
  group: string;
  load?: () => Promise<{ register: Register }>;
}

const groups = { server: "Server:", work: "What is watched:", account: "You and this program:" };

const nouns: Record<string, Noun> = {
  serve: { summary: "start the server", group: groups.server },
  backup: { summary: "write everything the server knows to one file", group: groups.server, load: () => import("./commands/backup.ts") },
  restore: { summary: "put a backup in the place of the server's data", group: groups.server, load: () => import("./commands/restore.ts") },
  migrate: { summary: "move everything between an SQLite file and PostgreSQL", group: groups.server, load: () => import("./commands/migrate.ts") },
  pki: { summary: "make the certificates that roles of different processes show each other", group: groups.server, load: () => import("./commands/pki.ts") },
  status: { summary: "show what is up and what is down", group: groups.work, load: () => import("./commands/status.ts") },
  checks: { summary: "create, change, run and read checks", group: groups.work, load: () => import("./commands/checks.ts") },
  schedules: { summary: "say when a check runs", group: groups.work, load: () => import("./commands/schedules.ts") },
  locations: { summary: "show where checks run from", group: groups.work, load: () => import("./commands/locations.ts") },
  incidents: { summary: "read and answer incidents", group: groups.work, load: () => import("./commands/incidents.ts") },
  maintenance: { summary: "plan when results count as maintenance", group: groups.work, load: () => import("./commands/maintenance.ts") },
  channels: { summary: "say who is told, and how", group: groups.work, load: () => import("./commands/channels.ts") },
  routes: { summary: "say which channels hear of what, and who hears when nobody answers", group: groups.work, load: () => import("./commands/routes.ts") },
  silences: { summary: "tell nobody of something for a while", group: groups.work, load: () => import("./commands/silences.ts") },
  "status-pages": { summary: "show the public how your services are", group: groups.work, load: () => import("./commands/status_pages.ts") },
  templates: { summary: "say what messages say", group: groups.work, load: () => import("./commands/templates.ts") },
  notifications: { summary: "read what was sent and send it again", group: groups.work, load: () => import("./commands/notifications.ts") },
  forge: { summary: "turn .proto files into checks and code", group: groups.work, load: () => import("./commands/forge.ts") },
  ping: { summary: "report for a job, or run it and report how it ended", group: groups.work, load: () => import("./commands/ping.ts") },
  login: { summary: "sign in at a server", group: groups.account, load: () => import("./commands/login.ts") },
  logout: { summary: "sign out and forget the tokens", group: groups.account, load: () => import("./commands/logout.ts") },
  auth: { summary: "show who you are, handle API keys", group: groups.account, load: () => import("./commands/auth.ts") },
  profiles: { summary: "list, choose and remove profiles", group: groups.account, load: () => import("./commands/profiles.ts") },
  config: { summary: "show the settings of a profile", group: groups.account, load: () => import("./commands/config.ts") },
  completion: { summary: "print a script that completes commands in your shell", group: groups.account, load: () => import("./commands/completion.ts") },
  version: { summary: "print the version", group: groups.account },
};

/** Runs one command line (without the program's own name) and gives the exit code. Never throws. */
export async function runCli(argv: string[], io: CliIo, extra: CliExtra): Promise<number> {
  let exitCode: number = exitCodes.ok;
  const run: Run = (work) => async (...args) => {
    const command = args.at(-1) as unknown as Command;
    exitCode = (await work(await contextOf(command, io, extra), ...args)) ?? exitCodes.ok;
  };
  const program = createProgram(io, extra, run);
  addServe(program, extra, (code) => (exitCode = code));
  program.hook("preSubcommand", (_, noun) => loadNoun(noun, run, extra));
  try {
    if (argv.length === 0) {
      program.outputHelp();
      return exitCodes.ok;
    }
    await program.parseAsync(argv, { from: "user" });
    return exitCode;
  } catch (error) {
    return report(error, io);
  }
}

/** The whole tree with every verb loaded, for completion. */
export async function completeTree(io: CliIo, extra: CliExtra): Promise<Command> {
  const run: Run = () => async () => {};
  const program = createProgram(io, extra, run);
  for (const noun of program.commands) await loadNoun(noun, run, extra);
  return program;
}

function createProgram(io: CliIo, extra: CliExtra, run: Run): Command {
  const program = new Command("uptimeping")
    .description("UptimePing watches sites and services and tells you when they go down, and when they are back.")
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureOutput({ writeOut: (text) => io.stdout(text), writeErr: (text) => io.stderr(text), outputError: (text, write) => write(text.replace(/^error: /, "uptimeping: ")) })
    .helpCommand("help [command]", "show help for a command")
    .version(extra.version, "-V, --version", "print the version");
  for (const [name, { summary, group }] of Object.entries(nouns)) program.command(name).description(summary).helpGroup(group);
  for (const option of globalOptions()) program.addOption(option);
  program.commands.find((command) => command.name() === "version")!.action(run(async ({ extra }) => io.stdout(`${extra.version}\n`)));
  return program;
}

async function loadNoun(noun: Command, run: Run, extra: CliExtra): Promise<void> {
  if (noun.name() === "serve") {
    noun.addHelpText("after", `\n${await extra.settingsHelp()}`);
    return;
  }
  const loaded = await nouns[noun.name()]?.load?.();
  loaded?.register(noun, run);
  addGlobalOptions(noun);
}

/** Every verb takes the global options too, unless it has one of that name itself. */
function addGlobalOptions(command: Command): void {
  if (command.commands.length > 0) {
    command.enablePositionalOptions();
    for (const verb of command.commands) addGlobalOptions(verb);
    return;
  }
  for (const option of globalOptions()) {
    const taken = command.options.some((own) => own.long === option.long || (option.short !== undefined && own.short === option.short));
    if (!taken) command.addOption(option.helpGroup(globalGroup));
  }
}

function addServe(program: Command, extra: CliExtra, done: (code: number) => void): void {
  program.commands
    .find((command) => command.name() === "serve")!
    .usage("[settings]")
    .allowUnknownOption()
    .allowExcessArguments()
    .passThroughOptions()
    .action(async (_, command: Command) => done(await extra.serve(command.args)));
}

async function contextOf(command: Command, io: CliIo, extra: CliExtra): Promise<CommandContext> {
  const { createContext } = await import("./create_context.ts");
  return createContext(command, io, extra);
}

function report(error: unknown, io: CliIo): number {
  // Help and version end as errors of commander's, with code 0; its refusals have been printed already.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (!(error instanceof AppError)) {
    io.stderr(`uptimeping: ${messageOf(error)}\n`);
    return exitCodes.failed;
  }
  io.stderr(`uptimeping: ${plain(error.message)}\n`);
  for (const { pointer, message } of error.fields) io.stderr(`  ${plain(pointer === "" ? "" : `${pointer.slice(1).replaceAll("/", ".")}: `)}${plain(message)}\n`);
  return exitCodeOf(error);
}

/** Words of a server, which may quote a target's, on one line and without control characters. */
function plain(text: string): string {
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, " ");
}
