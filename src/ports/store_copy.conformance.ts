/** The law for every store that can be copied from and into. */
import { expect, test } from "bun:test";
import { someRows } from "../testing/filled_store.ts";
import type { CopyMark, CopySource, CopyTarget, StoredRow, StoreReader } from "./store_copy.ts";
import { resultsTable, storedTables, type StoredTable } from "./stored_tables.ts";

export interface CopyUnderTest extends AsyncDisposable {
  source(): Promise<CopySource>;
  target(): Promise<CopyTarget>;
}

const origin = { fingerprint: "f1", marks: { newest: 40, counted: 25, relayed: 31 }, nowMs: 5 };
const markOf = (rows: number, isDone = true): CopyMark => ({ after: "x", rows, leftOut: 0, digest: "d", isDone });
const series = storedTables.find(({ name }) => name === "check_series")!;

/** Three series, of which the last was forgotten; results of the other two. */
const seriesRows: StoredRow[] = [["chk_1", "ten_1", 1, 100], ["chk_2@eu-1", "ten_1", 2, 200], ["gone 3", "", 3, 0]];
const results: StoredRow[] = Array.from({ length: 40 }, (_, i) => {
  const isDown = i % 9 === 4;
  return [i + 1, 1 + (i % 2), 1_760_000_000_000 + i * 30_000_000, 3, isDown ? 2 | (1 << 3) : 0, 20_000 + i, 1, -1, 3, -1, 5, 200, 10, isDown ? 2 : 1, 7, isDown ? `{"error":{"kind":"timeout","message":"a\\u0000 ${i}","hash":"h"},"observed":{},"assertions":[],"attempts":[]}` : null];
});

export function storeCopyConformance(open: () => Promise<CopyUnderTest>): void {
  const it = (name: string, work: (store: CopyUnderTest) => Promise<void>) =>
    test(name, async () => {
      await using store = await open();
      await work(store);
    }, 20_000);
  const inTarget = async <T>(store: CopyUnderTest, work: (target: CopyTarget) => Promise<T>): Promise<T> => {
    const target = await store.target();
    try {
      return await work(target);
    } finally {
      await target.close();
    }
  };
  const begun = <T>(store: CopyUnderTest, work: (target: CopyTarget) => Promise<T>) =>
    inTarget(store, async (target) => {
      await target.begin(origin);
      return work(target);
    });

  it("a store without anything is empty, and being looked at changes nothing", async (store) => {
    await inTarget(store, async (target) => expect([await target.inspect(), await target.inspect()]).toEqual([{ state: "empty" }, { state: "empty" }]));
  });

  it("every table gives back what was put into it, in pages of any size, and counts it", (store) =>
    begun(store, async (target) => {
      for (const table of storedTables.filter((one) => one !== resultsTable)) {
        const rows = someRows(table, 7);
        await target.put(table, rows.slice(0, 4), () => markOf(4, false));
        await target.put(table, rows.slice(4), () => markOf(7));
        for (const limit of [1, 3, 100]) expect({ table: table.name, rows: sorted(await allOf(target, table, limit)) }).toEqual({ table: table.name, rows: sorted(rows) });
        expect(await target.count(table)).toBe(7);
      }
    }));

  it("results are given back, whether they were counted and told or not, without those of series that are gone", (store) =>
    begun(store, async (target) => {
      await target.put(series, seriesRows, () => markOf(3));
      await target.put(resultsTable, results.slice(0, 15), () => markOf(15, false));
      await target.put(resultsTable, [...results.slice(15), [41, 3, ...results[0]!.slice(2)]], () => markOf(41));
      for (const limit of [1, 7, 1_000]) expect(sorted(await allOf(target, resultsTable, limit))).toEqual(sorted(results));
      expect(await target.count(resultsTable)).toBe(40);
      expect((await target.resultMarks()).relayed).toBe(31);
    }));

  it("rows and their mark are kept together or not at all", (store) =>
    begun(store, async (target) => {
      const table = storedTables[0]!;
      await target.put(table, someRows(table, 2), () => markOf(2, false));
      const failing = target.put(table, someRows(table, 4).slice(2), () => {
        throw new Error("no mark");
      });
      await expect(failing).rejects.toThrow("no mark");
      expect([await target.count(table), await target.marks()]).toEqual([2, { tenants: markOf(2, false) }]);
      await target.put(table, [], () => markOf(2));
      expect(await target.marks()).toEqual({ tenants: markOf(2) });
    }));

  it("what was begun is known again, with its marks and where it came from, and begun once", async (store) => {
    await begun(store, (target) => target.put(storedTables[0]!, someRows(storedTables[0]!, 1), () => markOf(1)));
    await inTarget(store, async (target) => {
      expect(await target.inspect()).toEqual({ state: "begun", fingerprint: "f1", atMs: 5 });
      await target.begin({ ...origin, nowMs: 9 });
      expect(await target.marks()).toEqual({ tenants: markOf(1) });
      expect(await target.inspect()).toEqual({ state: "begun", fingerprint: "f1", atMs: 5 });
    });
  });

  it("what is half filled is no source; at its end it is one, and a finished target", async (store) => {
    await begun(store, async (target) => {
      for (const table of [series, resultsTable]) await target.put(table, table === series ? seriesRows : results, () => markOf(1));
    });
    await expect(store.source()).rejects.toMatchObject({ code: "failed_precondition" });
    await begun(store, (target) => target.finish({ epochs: { core: 4 }, nowMs: 11 }));
    await inTarget(store, async (target) => expect(await target.inspect()).toEqual({ state: "finished", fingerprint: "f1", atMs: 11 }));
    const source = await store.source();
    expect(sorted(await allOf(source, resultsTable, 10))).toEqual(sorted(results));
    expect([await source.epochs(), (await source.resultMarks()).relayed]).toEqual([{ core: 4 }, 31]);
    await source.close();
  });

  it("epochs only rise", async (store) => {
    await begun(store, async (target) => {
      await target.finish({ epochs: { core: 4, auth: 9 }, nowMs: 1 });
      await target.finish({ epochs: { core: 6, auth: 2 }, nowMs: 2 });
      expect(await target.epochs()).toEqual({ core: 6, auth: 9 });
    });
  });

  it("one copy at a time works on a store", (store) =>
    begun(store, async () => {
      await expect(inTarget(store, (second) => second.begin(origin))).rejects.toMatchObject({ code: "failed_precondition" });
    }));
}

async function allOf(reader: StoreReader, table: StoredTable, limit: number): Promise<StoredRow[]> {
  const rows: StoredRow[] = [];
  for (let page = await reader.page(table, "", limit); ; page = await reader.page(table, page.next, limit)) {
    rows.push(...page.rows);
    if (page.next === "") return rows;
  }
}

/** Bytes as numbers, so that it does not matter which class they come in. */
function sorted(rows: readonly StoredRow[]): string[] {
  return rows.map((row) => JSON.stringify(row.map((value) => (value instanceof Uint8Array ? [...value] : value)))).toSorted((a, b) => (a < b ? -1 : 1));
}
