import { iso } from "#kernel/clock";
import type { Register } from "../context.ts";
import { dataDirOf } from "../data_dir.ts";
import { progressLine } from "../progress.ts";

export const register: Register = (restore, run) => {
  restore.argument("<file>", "the backup to read")
    .option("--data-dir <folder>", "the server's data (UPTIMEPING_DATA_DIR, else ./data)")
    .addHelpText("after", "\nStop the server first. What is there now is kept aside under another name.")
    .action(run(async ({ io, extra, output }, file: string, flags: { dataDir?: string }) => {
      const archive = await extra.openArchive(dataDirOf(io, flags));
      const { takenAtMs, files, keptAside } = await archive.restore(file, (progress) => output.progress(progressLine(progress))).finally(() => output.progressDone());
      await output.one({ takenAt: iso(takenAtMs), files, keptAside }, [
        { title: "taken at", of: (row) => row.takenAt },
        { title: "restored", of: (row) => row.files.map(({ name, bytes }) => `${name} (${bytes})`).join(", ") },
        { title: "kept aside", of: (row) => row.keptAside.join(", ") },
      ]);
    }));
};
