/** Whatever comes in whatever order, and however often the process dies, history and counts are those of a plain list. */
import { test } from "bun:test";
import type { ResultStore } from "#ports/results";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { describeWith } from "../../testing/needs_service.ts";
import { expectPlainList, modelStartMs, type MortalResults } from "../../testing/results_model.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import type { PostgresStore } from "./connection.ts";
import { createPostgresResultStore } from "./results.ts";

const day = 86_400_000;
const retention = { resultsMs: 900 * day, minutesMs: 900 * day, hoursMs: 900 * day, daysMs: 900 * day };

/** Dies by being forgotten: the next one opens the same database. */
class Mortal implements MortalResults {
  results!: ResultStore;

  constructor(
    readonly store: PostgresStore,
    readonly fake = createFakeClock(modelStartMs),
  ) {}
  async crash(): Promise<void> {
    this.results = createPostgresResultStore({ store: this.store, clock: this.fake, retention, groupMs: 0, countRows: 10 });
    await this.results.open();
  }
  seenAtCommit<T>(look: () => Promise<T>): Promise<T> {
    return look();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    const days = await this.store.all<{ name: string }>("SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'results'::regclass");
    for (const { name } of days) await this.store.run(`DROP TABLE ${name}`);
    await this.store.run("TRUNCATE check_series, result_missed, rollups");
    await this.store.run("UPDATE result_marks SET newest = 0, counted = 0, relayed = 0");
  }
}

describeWith("postgres", "postgres results", () => {
  test("history and counts are those of a plain list, through counting, crashes and deletions", async () => {
    await using temp = await openTempPostgres();
    const open = async () => {
      const at = new Mortal(temp.store);
      await at.crash();
      return at;
    };
    await expectPlainList(open, 10);
  }, 120_000);
});
