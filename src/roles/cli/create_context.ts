import type { Command } from "commander";
import { AppError } from "#kernel/errors";
import type { ApiClient } from "./client.ts";
import type { CommandContext } from "./context.ts";
import { globalOptionsOf } from "./global_options.ts";
import type { CliExtra, CliIo } from "./io.ts";
import { createOutput, type Format, formats } from "./output/output.ts";
import { connect } from "./session.ts";

export function createContext(command: Command, io: CliIo, extra: CliExtra): CommandContext {
  const { output, profile, url, apiKey, color, quiet } = globalOptionsOf(command);
  const colour = color && io.stdoutIsTerminal && !io.env.NO_COLOR && io.env.TERM !== "dumb";
  const connection = { profile, url, apiKey };
  let client: ApiClient | undefined;
  return {
    io,
    extra,
    output: createOutput(io, { format: output ?? formatOf(io.env.UPTIMEPING_OUTPUT), colour, quiet: quiet ?? false }),
    connection,
    // Made when first asked for: a command that never calls a server needs no profile.
    get api() {
      return (client ??= connect(io, connection));
    },
  };
}

function formatOf(text: string | undefined): Format {
  if (!text) return "table";
  const format = formats.find((known) => known === text);
  if (!format) throw new AppError("malformed", `UPTIMEPING_OUTPUT is "${text}": it is one of ${formats.join(", ")}`);
  return format;
}
