/** The law for every store of corrections. */
import { expect, test } from "bun:test";
import type { Correction, CorrectionStore } from "./corrections.ts";

export interface CorrectionStoreUnderTest extends AsyncDisposable {
  corrections: CorrectionStore;
}

const correction = (id: string, change: Partial<Correction> = {}): Correction => ({
  id,
  tenantId: "ten_1",
  checkId: "chk_1",
  fromMs: 1_000,
  toMs: 2_000,
  countAs: "up",
  reason: "the probe was broken",
  createdBy: "usr_1",
  createdAtMs: 3_000,
  ...change,
});

export function correctionStoreConformance(open: () => Promise<CorrectionStoreUnderTest>): void {
  test("a correction is read as it was stored, the newest of a check first", async () => {
    await using under = await open();
    expect(await under.corrections.insert(correction("cor_1"), 10)).toBe(true);
    expect(await under.corrections.insert(correction("cor_2", { countAs: "maintenance" }), 10)).toBe(true);
    expect(await under.corrections.insert(correction("cor_3", { checkId: "chk_2" }), 10)).toBe(true);
    expect(await under.corrections.list("ten_1", "chk_1")).toEqual([correction("cor_2", { countAs: "maintenance" }), correction("cor_1")]);
    expect(await under.corrections.find("ten_1", "chk_1", "cor_1")).toEqual(correction("cor_1"));
  });

  test("a check with as many corrections as it may have gets no other, and other checks do", async () => {
    await using under = await open();
    for (const id of ["cor_1", "cor_2"]) await under.corrections.insert(correction(id), 2);
    expect(await under.corrections.insert(correction("cor_3"), 2)).toBe(false);
    expect(await under.corrections.insert(correction("cor_4", { checkId: "chk_2" }), 2)).toBe(true);
    expect((await under.corrections.list("ten_1", "chk_1")).map(({ id }) => id)).toEqual(["cor_2", "cor_1"]);
  });

  test("of several at the same time as many are stored as a check may have", async () => {
    await using under = await open();
    const stored = await Promise.all(["cor_1", "cor_2", "cor_3", "cor_4"].map((id) => under.corrections.insert(correction(id), 2)));
    expect(stored.filter(Boolean).length).toBe(2);
    expect((await under.corrections.list("ten_1", "chk_1")).length).toBe(2);
  });

  test("a range is touched by what has an instant in it, oldest first; ends are not included", async () => {
    await using under = await open();
    await under.corrections.insert(correction("cor_2", { fromMs: 1_999, toMs: 2_001 }), 10);
    await under.corrections.insert(correction("cor_1", { fromMs: 0, toMs: 10_000 }), 10);
    await under.corrections.insert(correction("cor_3", { fromMs: 1_000, toMs: 2_000 }), 10);
    await under.corrections.insert(correction("cor_4", { fromMs: 3_000, toMs: 4_000 }), 10);
    expect((await under.corrections.touching("ten_1", 2_000, 3_000)).map(({ id }) => id)).toEqual(["cor_1", "cor_2"]);
  });

  test("what was removed is gone, once, and only for its check", async () => {
    await using under = await open();
    await under.corrections.insert(correction("cor_1"), 10);
    expect(await under.corrections.remove("ten_1", "chk_2", "cor_1")).toBe(false);
    expect(await under.corrections.remove("ten_1", "chk_1", "cor_1")).toBe(true);
    expect(await under.corrections.remove("ten_1", "chk_1", "cor_1")).toBe(false);
    expect(await under.corrections.list("ten_1", "chk_1")).toEqual([]);
  });

  test("a tenant can neither see nor remove the corrections of another", async () => {
    await using under = await open();
    await under.corrections.insert(correction("cor_1"), 10);
    expect(await under.corrections.find("ten_2", "chk_1", "cor_1")).toBeUndefined();
    expect(await under.corrections.list("ten_2", "chk_1")).toEqual([]);
    expect(await under.corrections.touching("ten_2", 0, 10_000)).toEqual([]);
    expect(await under.corrections.remove("ten_2", "chk_1", "cor_1")).toBe(false);
  });
}
