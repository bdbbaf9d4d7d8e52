import type { Register } from "../context.ts";
import { dataDirOf } from "../data_dir.ts";
import { progressLine } from "../progress.ts";

export const register: Register = (backup, run) => {
  backup.argument("<file>", "the file to write")
    .option("--data-dir <folder>", "the server's data (UPTIMEPING_DATA_DIR, else ./data)")
    .addHelpText("after", "\nThe server may run. The file holds the key that opens stored secrets: keep it like one.")
    .action(run(async ({ io, extra, output }, file: string, flags: { dataDir?: string }) => {
      const archive = await extra.openArchive(dataDirOf(io, flags));
      const report = await archive.backup(file, (progress) => output.progress(progressLine(progress))).finally(() => output.progressDone());
      await output.one({ file, ...report }, [
        { title: "file", of: (row) => row.file },
        { title: "bytes", of: (row) => row.bytes },
        { title: "holds", of: ({ files }) => files.map(({ name, bytes }) => `${name} (${bytes})`).join(", ") },
      ]);
    }));
};
