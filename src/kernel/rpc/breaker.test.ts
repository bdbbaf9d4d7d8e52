import { expect, test } from "bun:test";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createBreaker, type Breaker } from "./breaker.ts";
import { createRetryBudget } from "./retry_budget.ts";

const rules = { failuresToOpen: 3, windowMs: 10_000, minCalls: 10, failureShare: 0.5, openMs: 2_000 };

function fail(breaker: Breaker, times: number): void {
  for (let i = 0; i < times; i++) {
    expect(breaker.admit()).toBe(0);
    breaker.settle("failed");
  }
}

test("it opens after as many failures in a row, and says how long to wait", async () => {
  const clock = createFakeClock(0);
  const breaker = createBreaker(clock, rules);
  fail(breaker, 2);
  expect(breaker.state()).toBe("closed");
  fail(breaker, 1);
  expect([breaker.state(), breaker.admit()]).toEqual(["open", 2_000]);
  await clock.advance(1_500);
  expect(breaker.admit()).toBe(500);
});

test("an answer between failures begins the row anew; a caller that went away says nothing", async () => {
  const breaker = createBreaker(createFakeClock(0), rules);
  fail(breaker, 2);
  breaker.admit();
  breaker.settle("answered");
  fail(breaker, 2);
  breaker.admit();
  breaker.settle("abandoned");
  expect(breaker.state()).toBe("closed");
  fail(breaker, 1);
  expect(breaker.state()).toBe("open");
});

test("it opens when half of the calls of a window fail, however they are mixed", async () => {
  const clock = createFakeClock(0);
  const breaker = createBreaker(clock, rules);
  const mix = (pairs: number) => {
    for (let i = 0; i < pairs; i++) {
      breaker.settle("answered");
      breaker.settle("failed");
    }
  };
  mix(4);
  await clock.advance(10_000);
  mix(4);
  expect(breaker.state()).toBe("closed");
  mix(1);
  expect(breaker.state()).toBe("open");
});

test("half open lets one call through: its answer closes, its failure opens for as long again", async () => {
  const clock = createFakeClock(0);
  const breaker = createBreaker(clock, rules);
  fail(breaker, 3);
  await clock.advance(2_000);
  expect(breaker.state()).toBe("half_open");
  expect([breaker.admit(), breaker.admit()]).toEqual([0, 2_000]);
  breaker.settle("failed");
  expect(breaker.admit()).toBe(2_000);
  await clock.advance(2_000);
  expect(breaker.admit()).toBe(0);
  breaker.settle("abandoned");
  expect(breaker.admit()).toBe(0);
  breaker.settle("answered");
  expect([breaker.state(), breaker.admit()]).toEqual(["closed", 0]);
});

test("a call that was on its way when it opened closes it with its answer, and does not prolong it with its failure", async () => {
  const clock = createFakeClock(0);
  const breaker = createBreaker(clock, rules);
  fail(breaker, 3);
  await clock.advance(1_000);
  breaker.settle("failed");
  expect(breaker.admit()).toBe(1_000);
  breaker.settle("answered");
  expect(breaker.state()).toBe("closed");
});

test("news of the role end the pause, for one call", () => {
  const clock = createFakeClock(0);
  const breaker = createBreaker(clock, rules);
  breaker.tryNow();
  expect(breaker.state()).toBe("closed");
  fail(breaker, 3);
  breaker.tryNow();
  expect([breaker.state(), breaker.admit(), breaker.admit()]).toEqual(["half_open", 0, 2_000]);
  breaker.settle("failed");
  expect(breaker.admit()).toBe(2_000);
});

test("the retry budget is spent by failures and earned back by answers, a tenth each", async () => {
  const budget = createRetryBudget();
  expect(Array.from({ length: 6 }, () => budget.failed())).toEqual([true, true, true, true, false, false]);
  for (let i = 0; i < 30; i++) budget.answered();
  expect(budget.failed()).toBe(true);
  expect(budget.failed()).toBe(false);
});
