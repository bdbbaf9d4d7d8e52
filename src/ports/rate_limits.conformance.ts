/** The law for every adapter that limits rates. */
import { expect, test } from "bun:test";
import type { FakeClock } from "../testing/fake_clock.ts";
import type { RateLimits, Verdict } from "./rate_limits.ts";

export interface RateLimitsUnderTest {
  limits: RateLimits;
  clock: FakeClock;
  close(): Promise<void>;
}

const quota = { name: "ip", limit: 3, windowMs: 60_000 };

async function takeMany(limits: RateLimits, key: string, times: number): Promise<Verdict[]> {
  const verdicts: Verdict[] = [];
  for (let i = 0; i < times; i++) verdicts.push(await limits.take(quota, key));
  return verdicts;
}

export function rateLimitsConformance(open: () => Promise<RateLimitsUnderTest>): void {
  test("a full bucket gives its whole quota at once and then refuses", async () => {
    const { limits, close } = await open();
    const verdicts = await takeMany(limits, "192.0.2.1", 5);
    expect(verdicts.map((verdict) => verdict.allowed)).toEqual([true, true, true, false, false]);
    expect(verdicts.map((verdict) => verdict.remaining)).toEqual([2, 1, 0, 0, 0]);
    await close();
  });

  test("a refusal says when the next token comes, and then it comes", async () => {
    const { limits, clock, close } = await open();
    const refused = (await takeMany(limits, "a", 4)).at(-1)!;
    expect(refused.retryAfterMs).toBe(20_000);
    expect(refused.resetAfterMs).toBe(60_000);
    await clock.advance(19_999);
    expect((await limits.take(quota, "a")).allowed).toBe(false);
    await clock.advance(1);
    expect((await limits.take(quota, "a")).allowed).toBe(true);
    expect((await limits.take(quota, "a")).allowed).toBe(false);
    await close();
  });

  test("asking while refused does not push the next token away", async () => {
    const { limits, clock, close } = await open();
    await takeMany(limits, "a", 50);
    await clock.advance(20_000);
    expect((await limits.take(quota, "a")).allowed).toBe(true);
    await close();
  });

  test("a bucket never holds more than its quota", async () => {
    const { limits, clock, close } = await open();
    await takeMany(limits, "a", 3);
    await clock.advance(3_600_000);
    expect((await takeMany(limits, "a", 4)).map((verdict) => verdict.allowed)).toEqual([true, true, true, false]);
    await close();
  });

  test("so many different members are let in, and each as often as it likes", async () => {
    const { limits, close } = await open();
    const allowed = [];
    for (const member of ["a", "b", "a", "c", "c", "d", "a"]) allowed.push((await limits.takeDistinct(quota, "k", member)).allowed);
    expect(allowed).toEqual([true, true, true, true, true, false, true]);
    expect((await limits.takeDistinct(quota, "other", "d")).allowed).toBe(true);
    expect((await limits.takeDistinct({ ...quota, name: "user" }, "k", "d")).allowed).toBe(true);
    await close();
  });

  test("a member leaves when it was not seen for a window, and makes room; a refusal says when", async () => {
    const { limits, clock, close } = await open();
    for (const member of ["a", "b", "c"]) {
      await limits.takeDistinct(quota, "k", member);
      await clock.advance(10_000);
    }
    await limits.takeDistinct(quota, "k", "a");
    expect(await limits.takeDistinct(quota, "k", "d")).toEqual({ allowed: false, remaining: 0, resetAfterMs: 40_000, retryAfterMs: 40_000 });
    await clock.advance(39_999);
    expect((await limits.takeDistinct(quota, "k", "d")).allowed).toBe(false);
    await clock.advance(1);
    expect(await limits.takeDistinct(quota, "k", "d")).toEqual({ allowed: true, remaining: 0, resetAfterMs: 10_000, retryAfterMs: 0 });
    await close();
  });

  test("keys and quotas do not share buckets", async () => {
    const { limits, close } = await open();
    await takeMany(limits, "a", 4);
    expect((await limits.take(quota, "b")).allowed).toBe(true);
    expect((await limits.take({ ...quota, name: "user" }, "a")).allowed).toBe(true);
    await close();
  });

  test("setting the wall clock back or forth opens nothing", async () => {
    const { limits, clock, close } = await open();
    await takeMany(limits, "a", 4);
    clock.jump(86_400_000);
    expect((await limits.take(quota, "a")).allowed).toBe(false);
    clock.jump(-2 * 86_400_000);
    expect((await limits.take(quota, "a")).allowed).toBe(false);
    await close();
  });
}
