import { type Command, Option } from "commander";
import { type Format, formats } from "./output/output.ts";

export const globalGroup = "Global options:";

export interface GlobalOptions {
  output?: Format;
  profile?: string;
  url?: string;
  apiKey?: string;
  color: boolean;
  quiet?: boolean;
}

/** New ones at each call: an option object belongs to one command. */
export function globalOptions(): Option[] {
  return [
    new Option("--output <format>", "how to print (UPTIMEPING_OUTPUT), else a table").choices(formats),
    new Option("--profile <name>", "use this profile (UPTIMEPING_PROFILE)"),
    new Option("--url <server>", "use this server (UPTIMEPING_URL)"),
    new Option("--api-key <key>", "use this API key (UPTIMEPING_API_KEY)"),
    new Option("--no-color", "no colours (NO_COLOR)"),
    new Option("--quiet", "print results only"),
  ];
}

/**
 * What holds for a command: said after the verb, else before it. A verb's own option of the same name means something
 * else (the `--url` of `checks create` is the target's), so there only what stands before the noun is about the server.
 */
export function globalOptionsOf(command: Command): GlobalOptions {
  const said: Record<string, unknown> = {};
  for (let level: Command | null = command; level; level = level.parent) {
    for (const option of level.options) {
      const name = option.attributeName();
      const isGlobal = level.parent === null || option.helpGroupHeading === globalGroup;
      if (isGlobal && level.getOptionValueSource(name) === "cli") said[name] ??= level.getOptionValue(name);
    }
  }
  return { color: true, ...said };
}
