import { expect, test } from "bun:test";
import { AppError } from "#kernel/errors";
import { describeWith } from "../../testing/needs_service.ts";
import { openTempPostgres } from "../../testing/temp_postgres.ts";
import { losingAnswers } from "../../testing/lost_answers.ts";
import { decided } from "./outcome.ts";

const insert = "INSERT INTO baselines (tenant_id, check_id, kind, hash, text, set_at) VALUES ('ten_1', 'chk_1', 'k', 'h', '', 0)";

describeWith("postgres", "postgres outcomes", () => {
  test("a commit whose answer is lost is known to stand", async () => {
    await using temp = await openTempPostgres();
    const lossy = losingAnswers(temp.store);
    lossy.lose(1);
    expect(await decided(lossy).write(async (tx) => `${await tx.run(insert)} row`)).toBe("1 row");
    expect(await temp.store.all("SELECT 1 FROM baselines")).toHaveLength(1);
  });

  test("what was not committed is refused", async () => {
    await using temp = await openTempPostgres();
    const away = new AppError("unavailable", "gone");
    const store = decided({ ...temp.store, write: (work) => temp.store.write(async (tx) => (await work(tx), Promise.reject(away))) });
    expect(await store.write((tx) => tx.run(insert)).catch((error: unknown) => error)).toBe(away);
    expect(await temp.store.all("SELECT 1 FROM baselines")).toEqual([]);
  });
});
