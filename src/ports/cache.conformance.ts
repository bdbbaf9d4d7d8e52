/** The law for every adapter that remembers for a while. No method ever rejects: without its store it remembers on its own. */
import { expect, test } from "bun:test";
import type { Cache } from "./cache.ts";

export interface CacheUnderTest {
  cache: Cache;
  /** Lets time pass for what is kept. */
  pass(ms: number): Promise<void>;
  close(): Promise<void>;
}

const hourMs = 3_600_000;

export function cacheConformance(open: () => Promise<CacheUnderTest>): void {
  test("what was set is found, by its key alone, and the last one counts", async () => {
    const { cache, close } = await open();
    await cache.set("a", "1", hourMs);
    await cache.set("a", "2", hourMs);
    expect([await cache.get("a"), await cache.get("b")]).toEqual(["2", undefined]);
    await close();
  });

  test("any text is kept as it is, the empty one too", async () => {
    const { cache, close } = await open();
    for (const text of ["", "żółw \u0000\n\u{1f422}", "x".repeat(300_000)]) {
      await cache.set(text.slice(0, 20), text, hourMs);
      expect(await cache.get(text.slice(0, 20))).toBe(text);
    }
    await close();
  });

  test("what is too old is gone, and makes room for what is set if absent", async () => {
    const { cache, pass, close } = await open();
    await cache.set("a", "1", 100);
    expect(await cache.setIfAbsent("b", "1", 100)).toBe(true);
    await pass(110);
    expect([await cache.get("a"), await cache.get("b")]).toEqual([undefined, undefined]);
    expect(await cache.setIfAbsent("a", "2", hourMs)).toBe(true);
    expect(await cache.get("a")).toBe("2");
    await close();
  });

  test("set if absent changes nothing that is there, nor how long it stays", async () => {
    const { cache, pass, close } = await open();
    await cache.set("a", "1", 100);
    expect(await cache.setIfAbsent("a", "2", hourMs)).toBe(false);
    expect(await cache.get("a")).toBe("1");
    await pass(110);
    expect(await cache.get("a")).toBe(undefined);
    await close();
  });

  test("of many who set if absent at once, one does", async () => {
    const { cache, close } = await open();
    const tries = await Promise.all(Array.from({ length: 20 }, (_, i) => cache.setIfAbsent("a", String(i), hourMs)));
    expect(tries.filter((done) => done)).toHaveLength(1);
    expect(await cache.get("a")).toBe(String(tries.indexOf(true)));
    await close();
  });

  test("what was deleted is absent; deleting what is not there does nothing", async () => {
    const { cache, close } = await open();
    await cache.set("a", "1", hourMs);
    await cache.delete("a");
    await cache.delete("never");
    expect(await cache.get("a")).toBe(undefined);
    expect(await cache.setIfAbsent("a", "2", hourMs)).toBe(true);
    await close();
  });
}
