import type { Command } from "commander";
import type { ApiClient } from "./client.ts";
import type { CommandContext } from "./context.ts";
import { globalOptionsOf } from "./global_options.ts";
import type { CliExtra, CliIo } from "./io.ts";
import { createOutput } from "./output/output.ts";
import { connect } from "./session.ts";

export function createContext(command: Command, io: CliIo, extra: CliExtra): CommandContext {
  const { output, profile, url, apiKey, color, quiet } = globalOptionsOf(command);
  const colour = color && io.stdoutIsTerminal && !io.env.NO_COLOR && io.env.TERM !== "dumb";
  const connection = { profile, url, apiKey };
  let client: ApiClient | undefined;
  return {
    io,
    extra,
    output: createOutput(io, { format: output, colour, quiet: quiet ?? false }),
    connection,
    // Made when first asked for: a command that never calls a server needs no profile.
    get api() {
      return (client ??= connect(io, connection));
    },
  };
}
