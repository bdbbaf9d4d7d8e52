/** Runs a command of the project's and gives its exit code; `bun` is the one that runs this script. */
import { join } from "node:path";

export const root = join(import.meta.dir, "..");

export async function run(command: string[], options: { quiet?: boolean; env?: Record<string, string> } = {}): Promise<number> {
  const bin = join(root, "node_modules/.bin");
  const child = Bun.spawn(command[0] === "bun" ? [process.execPath, ...command.slice(1)] : command, {
    cwd: root,
    env: { ...process.env, PATH: `${bin}:${process.env["PATH"] ?? ""}`, ...options.env },
    stdio: ["ignore", options.quiet ? "pipe" : "inherit", "inherit"],
  });
  return child.exited;
}
