import type { Command } from "commander";

export interface Paging {
  limit?: string;
  cursor?: string;
}

/** Options of every list. */
export function paged(command: Command): Command {
  return command.option("--limit <number>", "at most so many, 1 to 200").option("--cursor <cursor>", "go on where the last list ended");
}

/** Commander's collector for options that may be given many times. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
