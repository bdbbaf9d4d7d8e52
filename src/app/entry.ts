/** The executable: a server, a client, or a worker of the server's, by its first argument. */
import { systemClock } from "#kernel/clock";
import { roleNames } from "../roles/index.ts";
import { version } from "./version.ts";

export async function main(argv: string[]): Promise<void> {
  // Bun prints an unhandled rejection and goes on; half a server is worse than none.
  process.on("unhandledRejection", (reason) => {
    process.stderr.write(`uptimeping: ${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`);
    process.exit(70);
  });
  if (argv[0] === "forge-worker") {
    const { runForgeWorker } = await import("../roles/forge/worker.ts");
    await runForgeWorker();
    return;
  }
  if (argv[0] === "settings") {
    const { runSettings } = await import("./serve.ts");
    process.exit(await runSettings(argv.slice(1)));
  }
  process.exit(await runClient(argv));
}

async function runClient(argv: string[]): Promise<number> {
  const [{ runCli }, { createProcessIo }] = await Promise.all([import("../roles/cli/program.ts"), import("../roles/cli/process_io.ts")]);
  const interrupted = new AbortController();
  if (argv[0] !== "serve") process.once("SIGINT", () => interrupted.abort());
  const io = createProcessIo(systemClock, interrupted.signal);
  return runCli(argv, io, {
    version,
    serve: async (args) => (await import("./serve.ts")).serve(args),
    settingsHelp: async () => (await import("./serve.ts")).helpText(),
    roleNames: roleNames.filter((name) => name !== "cli"),
    openArchive: async (dataDir) => {
      const { createSqliteArchive } = await import("../adapters/sqlite/archive.ts");
      return createSqliteArchive({ dataDir, now: systemClock.now });
    },
    openCopySource: async (address) => (await import("./store_copies.ts")).openCopySource(address),
    openCopyTarget: async (address) => (await import("./store_copies.ts")).openCopyTarget(address),
  });
}
