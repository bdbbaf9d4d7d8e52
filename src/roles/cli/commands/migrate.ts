import { iso } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { CopySource, CopyTarget } from "#ports/store_copy";
import type { CommandContext, Register } from "../context.ts";
import { exitCodes } from "../exit_codes.ts";
import type { CliIo } from "../io.ts";
import type { Output } from "../output/output.ts";
import { checkMigration, migrateStore, type MigrationProgress, type MigrationReport } from "../store_migration.ts";

interface Flags {
  from?: string;
  to?: string;
  check?: boolean;
}

const help = `
Stores: sqlite:DIR (a data directory) or postgres://user:password@host:5432/database. In the environment a password is seen by fewer.
  uptimeping migrate --from sqlite:./data --to postgres://uptimeping@db/uptimeping
  uptimeping migrate --from postgres://uptimeping@db/uptimeping --to sqlite:./data

Every server on either store has to be stopped. What is there is only read; the target has to be empty. Broken off in any way, the same
command goes on where it stopped, and no server starts on a target that is half filled. At its end every table of the target is read
back and compared. Exit code 1 when a table differs.
Secrets stay sealed: the new processes need the same master key (master-key-file).`;

export const register: Register = (migrate, run) => {
  migrate.option("--from <store>", "where everything is now (UPTIMEPING_MIGRATE_FROM)")
    .option("--to <store>", "an empty store, or one that this command has begun to fill (UPTIMEPING_MIGRATE_TO)")
    .option("--check", "only say what would be copied, and whether it can be")
    .addHelpText("after", help)
    .action(run(async (context, flags: Flags) => {
      const { env } = context.io;
      const target = await context.extra.openCopyTarget(flags.to ?? env.UPTIMEPING_MIGRATE_TO ?? "");
      try {
        const source = await context.extra.openCopySource(flags.from ?? env.UPTIMEPING_MIGRATE_FROM ?? "");
        try {
          return await (flags.check ? check(context, source, target) : move(context, source, target));
        } finally {
          await source.close();
        }
      } finally {
        await target.close();
      }
    }));
};

async function check({ output }: CommandContext, source: CopySource, target: CopyTarget): Promise<void> {
  const { counts, state } = await checkMigration({ source, target });
  await output.list({ items: counts }, [
    { title: "table", of: ({ table }) => table },
    { title: "rows", of: ({ rows }) => rows },
  ]);
  output.say({ empty: `${target.place} is empty: this can be migrated`, begun: `${target.place} is half filled from this store: the migration would go on`, finished: `${target.place} was filled from this store: there is nothing to do` }[state]!);
}

async function move({ io, output }: CommandContext, source: CopySource, target: CopyTarget): Promise<number> {
  const show = createProgress(io, output);
  const report = await migrateStore({ source, target, clock: io.clock, onProgress: show, interrupted: io.interrupted }).finally(() => output.progressDone());
  if (report.finishedBeforeMs > 0) {
    output.say(`${target.place} was filled from ${source.place} on ${iso(report.finishedBeforeMs)}: there is nothing to do`);
    return exitCodes.ok;
  }
  await output.list({ items: report.tables }, [
    { title: "table", of: ({ table }) => table },
    { title: "rows", of: ({ rows }) => rows },
    { title: "SHA-256 of the source", of: (row) => row.source.slice(0, 16) },
    { title: "of the target", of: (row) => row.target.slice(0, 16) },
    { title: "", of: ({ same }) => (same ? "same" : "DIFFERENT") },
  ]);
  const different = report.tables.filter(({ same }) => !same).map(({ table }) => table);
  if (different.length > 0) {
    throw new AppError("internal", `the copy is not right: ${different.join(", ")} in ${target.place} ${different.length === 1 ? "differs" : "differ"} from ${source.place}; empty the target and begin anew`);
  }
  for (const line of notesOf(report, source, target)) output.say(line);
  return exitCodes.ok;
}

function notesOf({ tables }: MigrationReport, source: CopySource, target: CopyTarget): string[] {
  const rowsOf = (name: string) => tables.find(({ table }) => table === name)?.rows ?? 0;
  const leftOut = tables.reduce((sum, table) => sum + table.leftOut, 0);
  return [
    `${target.place} holds everything that ${source.place} does. Start servers on one of them only.`,
    `Secrets are sealed as they were, so the new processes need the same master key: ${source.keyPlace}${target.keyPlace === "" ? "; name it with master-key-file" : `; it belongs at ${target.keyPlace}, where a new one would be made, or name it with master-key-file`}.`,
    ...(leftOut > 0 ? [`${leftOut} ${leftOut === 1 ? "result" : "results"} stood twice in ${source.place}, with the same check, slot and trigger: one of each was copied.`] : []),
    ...(rowsOf("queue_messages") > 0 ? [`${rowsOf("queue_messages")} messages wait in the queues of the database: with a queue-url of another kind they would stay there, so start without one first.`] : []),
  ];
}

const lineEveryMs = 5_000;

/** On a terminal one line that is drawn over itself; else a line when a table is done, and now and then. */
function createProgress(io: CliIo, output: Output): (progress: MigrationProgress) => void {
  let saidMs = io.clock.monotonic();
  return (progress) => {
    const line = lineOf(progress);
    if (io.stdoutIsTerminal) output.progress(line);
    const now = io.clock.monotonic();
    if (!progress.isDone && (io.stdoutIsTerminal || now - saidMs < lineEveryMs)) return;
    saidMs = now;
    if (progress.totalRows === 0) return;
    output.progressDone();
    output.say(line);
  };
}

const width = 20;

/** "copy   results                ██████████░░░░░░░░░░ 1,200,000 of 2,400,000 rows, 54,000/s, 22 s left". */
function lineOf({ step, table, rows, totalRows, elapsedMs, rowsNow, isDone }: MigrationProgress): string {
  const ratio = totalRows === 0 ? 1 : Math.min(1, rows / totalRows);
  const full = Math.round(ratio * width);
  const perSecond = elapsedMs > 0 ? (rowsNow * 1_000) / elapsedMs : 0;
  const speed = elapsedMs < 500 ? "" : `, ${Math.round(perSecond).toLocaleString("en")}/s`;
  const left = isDone || elapsedMs < 500 || perSecond === 0 ? "" : `, ${Math.ceil((totalRows - rows) / perSecond)} s left`;
  const count = isDone ? `${rows.toLocaleString("en")} rows` : `${rows.toLocaleString("en")} of ${totalRows.toLocaleString("en")} rows`;
  return `${step.padEnd(6)} ${table.padEnd(24)} ${"█".repeat(full)}${"░".repeat(width - full)} ${count}${speed}${left}`;
}
