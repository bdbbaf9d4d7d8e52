/** Everything outside that a command touches, so that a test can run one in process. */
import type { Clock } from "#kernel/clock";
import type { Archive } from "#ports/archive";
import type { CopySource, CopyTarget } from "#ports/store_copy";

export interface CliIo {
  stdout(text: string): void;
  stderr(text: string): void;
  /** All of standard input as text. */
  readStdin(): Promise<string>;
  /** Whether a person reads what stdout gets, and whether one can answer questions. */
  stdoutIsTerminal: boolean;
  stdinIsTerminal: boolean;
  env: Record<string, string | undefined>;
  clock: Clock;
  fetch(url: string, init: RequestInit): Promise<Response>;
  /** Runs another program, whose output passes through; gives its exit code. Rejects when it cannot be run. */
  run(command: readonly string[], onOutput: (piece: Uint8Array) => void): Promise<number>;
  /** Throws when nobody knows; a container without a user database has none. */
  homeDir(): string;
  /** Aborted when the user presses Ctrl-C. */
  interrupted: AbortSignal;
}

/** What the executable knows and a client does not. Loaded only by the commands that use it. */
export interface CliExtra {
  version: string;
  /** Runs the server; resolves with the exit code. */
  serve(args: string[]): Promise<number>;
  /** The settings of `serve`, one a line, as `serve --help` shows them. */
  settingsHelp(): string | Promise<string>;
  /** Roles that a process can run. */
  roleNames: readonly string[];
  openArchive(dataDir: string): Archive | Promise<Archive>;
  /** By an address such as sqlite:./data or postgres://… */
  openCopySource(address: string): Promise<CopySource>;
  openCopyTarget(address: string): Promise<CopyTarget>;
}
