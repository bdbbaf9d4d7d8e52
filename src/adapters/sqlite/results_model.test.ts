/** Whatever comes in whatever order, and however often the process dies, history and counts are those of a plain list. */
import { expect, test } from "bun:test";
import { copyFileSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Clock } from "#kernel/clock";
import type { ResultStore } from "#ports/results";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { expectPlainList, modelStartMs, type MortalResults } from "../../testing/results_model.ts";
import { openSqlite, type SqliteStore } from "./connection.ts";
import { migrate } from "./migrations.ts";
import { createSqliteResultStore } from "./results.ts";

const day = 86_400_000;

/** Dies by being left as it is: the next one opens a copy of what is on disk at that moment. */
class Mortal implements MortalResults {
  readonly #dir = mkdtempSync(join(tmpdir(), "uptimeping-"));
  readonly #clock: Clock;
  #generation = 0;
  #store!: SqliteStore;
  results!: ResultStore;

  constructor(readonly fake = createFakeClock(modelStartMs)) {
    // Time passes at every look, so that each step of housekeeping ends after a piece of work.
    let looks = 0;
    this.#clock = { ...fake, monotonic: () => (looks += 6) };
  }
  async open(): Promise<this> {
    this.#store = openSqlite({ path: this.#path(), groupMs: 0, onFatal: (error) => expect(error).toBeUndefined() });
    await migrate(this.#store);
    const retention = { resultsMs: 900 * day, minutesMs: 900 * day, hoursMs: 900 * day, daysMs: 900 * day };
    this.results = createSqliteResultStore({ store: this.#store, clock: this.#clock, retention, logRows: 30 });
    await this.results.open();
    return this;
  }
  async crash(): Promise<void> {
    const before = this.#path();
    this.#generation++;
    for (const suffix of ["", "-wal"]) if (existsSync(before + suffix)) copyFileSync(before + suffix, this.#path() + suffix);
    await this.#store.close();
    await this.open();
  }
  async seenAtCommit<T>(look: () => Promise<T>): Promise<T> {
    await this.#store.write(() => {});
    return look();
  }
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#store.close();
    rmSync(this.#dir, { recursive: true, force: true });
  }
  #path(): string {
    return join(this.#dir, `${this.#generation}.db`);
  }
}

test("history and counts are those of a plain list, through sealing, crashes and deletions", async () => {
  await expectPlainList(() => new Mortal().open(), 100);
}, 120_000);
