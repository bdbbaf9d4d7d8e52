/** What every command is given: how to ask, how to answer. */
import type { Command } from "commander";
import type { ApiClient } from "./client.ts";
import type { CliExtra, CliIo } from "./io.ts";
import type { Output } from "./output/output.ts";
import type { Connection } from "./session.ts";

export interface CommandContext {
  io: CliIo;
  extra: CliExtra;
  output: Output;
  /** What was said about the server on this command line. */
  connection: Connection;
  /** Signed in with what the user has. */
  api: ApiClient;
}

/** A noun adds its verbs. `run` wraps what a verb does, so that commander's types end here. */
export type Register = (noun: Command, run: Run) => void;

/** Gives an action for commander: the arguments of the command, then its options, after the context. */
export type Run = <A extends unknown[]>(work: (context: CommandContext, ...args: A) => Promise<number | void>) => (...args: A) => Promise<void>;
