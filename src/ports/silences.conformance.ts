/** The law for every store of silences. */
import { expect, test } from "bun:test";
import type { Silence, SilenceStore } from "./silences.ts";

export interface SilencesUnderTest extends AsyncDisposable {
  silences: SilenceStore;
}

const silence = (id: string, change: Partial<Silence> = {}): Silence => ({
  id,
  tenantId: "ten_1",
  matchers: [{ label: "name", op: "matches", value: "^Shop" }],
  startsAtMs: 1_000,
  endsAtMs: 2_000,
  comment: "moving day",
  createdBy: "usr_1",
  version: 1,
  createdAtMs: 500,
  updatedAtMs: 500,
  ...change,
});

export function silencesConformance(open: () => Promise<SilencesUnderTest>): void {
  test("a silence comes back as it was written, to its tenant alone", async () => {
    await using under = await open();
    await under.silences.insert(silence("sil_1"));
    expect(await under.silences.find("ten_1", "sil_1")).toEqual(silence("sil_1"));
    expect(await under.silences.find("ten_2", "sil_1")).toBeUndefined();
    expect(await under.silences.unexpired("ten_2", 0)).toEqual([]);
    expect(await under.silences.remove("ten_2", "sil_1")).toBe(false);
  });

  test("those that have not ended are told apart; lists are newest first, in pages", async () => {
    await using under = await open();
    for (const one of [silence("sil_1"), silence("sil_2", { endsAtMs: 9_000 }), silence("sil_3", { endsAtMs: 1_500 })]) await under.silences.insert(one);
    expect((await under.silences.unexpired("ten_1", 2_000)).map(({ id }) => id)).toEqual(["sil_2"]);
    expect((await under.silences.list("ten_1", "", 2)).map(({ id }) => id)).toEqual(["sil_3", "sil_2"]);
    expect((await under.silences.list("ten_1", "sil_2", 2)).map(({ id }) => id)).toEqual(["sil_1"]);
  });

  test("a change needs the version that was seen; what ended long ago is removed", async () => {
    await using under = await open();
    await under.silences.insert(silence("sil_1"));
    expect(await under.silences.replace(silence("sil_1", { endsAtMs: 1_200, version: 2 }), 1)).toBe(true);
    expect(await under.silences.replace(silence("sil_1", { version: 2 }), 1)).toBe(false);
    expect(await under.silences.prune(1_200, 10)).toBe(0);
    expect(await under.silences.prune(1_201, 10)).toBe(1);
  });
}
