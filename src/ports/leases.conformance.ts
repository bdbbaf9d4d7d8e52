/** The law for every store of leases. */
import { expect, test } from "bun:test";
import type { LeaseStore } from "./leases.ts";

export function leasesConformance(open: () => Promise<{ store: LeaseStore } & AsyncDisposable>): void {
  const take = { epoch: 0, nowMs: 1_000, ttlMs: 500 };

  test("a lease that is held is not given to another until it expires, and then with a higher epoch", async () => {
    await using at = await open();
    const first = await at.store.acquire("scheduler", "a", take);
    expect(await at.store.acquire("scheduler", "b", take)).toBeUndefined();
    const second = await at.store.acquire("scheduler", "b", { ...take, nowMs: 1_500 });
    expect(second!.epoch).toBeGreaterThan(first!.epoch);
  });

  test("renewing keeps the epoch; an old epoch renews nothing", async () => {
    await using at = await open();
    const first = (await at.store.acquire("scheduler", "a", take))!;
    expect((await at.store.acquire("scheduler", "a", { ...take, epoch: first.epoch }))?.epoch).toBe(first.epoch);
    const next = (await at.store.acquire("scheduler", "a", take))!;
    expect(next.epoch).toBe(first.epoch + 1);
    expect(await at.store.acquire("scheduler", "a", { ...take, epoch: first.epoch })).toBeUndefined();
  });

  test("a lease given back is free at once; giving back an old one changes nothing", async () => {
    await using at = await open();
    const first = (await at.store.acquire("scheduler", "a", take))!;
    await at.store.release({ ...first, epoch: first.epoch - 1 });
    expect(await at.store.acquire("scheduler", "b", take)).toBeUndefined();
    await at.store.release(first);
    expect((await at.store.acquire("scheduler", "b", take))?.holder).toBe("b");
  });
}
