/** How this executable starts itself again, for work that must be killable. */
import { fileURLToPath } from "node:url";

/** Inside a compiled executable, modules live under this path, which exists nowhere else. */
const compiledRoot = "/$bunfs/";

/** The command and first arguments; a subcommand comes behind them. */
export function selfCommand(modulePath = import.meta.path): string[] {
  if (modulePath.startsWith(compiledRoot)) return [process.execPath];
  return [process.execPath, fileURLToPath(new URL("../main.ts", import.meta.url))];
}
