import { afterEach, beforeEach, expect, test } from "bun:test";
import { silentLog } from "#kernel/log";
import type { LeaseStore } from "#ports/leases";
import { createSqliteLeaseStore } from "../adapters/sqlite/leases.ts";
import { createFakeClock, type FakeClock } from "../testing/fake_clock.ts";
import { openTempStore, type TempStore } from "../testing/temp_store.ts";
import { lead, leaseTtlMs, type Leading } from "./lead.ts";

let clock: FakeClock;
let temp: TempStore;
let store: LeaseStore;

beforeEach(async () => {
  clock = createFakeClock();
  temp = await openTempStore();
  store = createSqliteLeaseStore(temp.store);
});

afterEach(async () => temp[Symbol.asyncDispose]());

interface Candidate {
  leading: Leading | undefined;
  stoodBy: boolean;
  lost: string;
  abort: AbortController;
}

function begin(holder: string, roles: string[], leases: LeaseStore = store): Candidate {
  const candidate: Candidate = { leading: undefined, stoodBy: false, lost: "", abort: new AbortController() };
  lead({
    roles,
    leases,
    holder,
    clock,
    log: silentLog,
    signal: candidate.abort.signal,
    competes: true,
    onStandBy: () => void (candidate.stoodBy = true),
    onLost: (role) => void (candidate.lost = role),
  }).then(
    (leading) => void (candidate.leading = leading),
    () => {},
  );
  return candidate;
}

/** Real writes happen between steps of the fake clock. */
async function pass(ms: number): Promise<void> {
  for (let left = ms; left > 0; left -= 500) {
    await clock.advance(Math.min(left, 500));
    // Asked, answered, and given back when not all were to be had.
    for (let round = 0; round < 3; round++) {
      await temp.store.write(() => {});
      await clock.advance(0);
    }
  }
}

test("of two processes one leads and the other stands by; it takes over at once when the first resigns, with a higher epoch", async () => {
  const first = begin("a", ["auth", "core"]);
  await pass(500);
  const second = begin("b", ["auth", "core"]);
  await pass(30_000);
  expect([first.stoodBy, second.stoodBy, second.leading]).toEqual([false, true, undefined]);
  const before = first.leading!.of("core").epoch();
  await first.leading!.resign();
  expect(first.leading!.of("core").leads()).toBe(false);
  await pass(1_500);
  expect(second.leading!.of("core").leads()).toBe(true);
  expect(second.leading!.of("core").epoch()).toBeGreaterThan(before);
});

test("when the first one dies the other leads within the time of a lease and a look", async () => {
  let isAway = false;
  const first = begin("a", ["core"], { ...store, acquire: (...args) => (isAway ? Promise.reject(new Error("away")) : store.acquire(...args)) });
  await pass(3_000);
  const second = begin("b", ["core"]);
  await pass(1_000);
  isAway = true;
  await pass(leaseTtlMs + 1_500);
  expect(second.leading?.of("core").leads()).toBe(true);
  expect([first.leading!.of("core").leads(), first.lost]).toEqual([false, ""]);
  // And when it can ask again it learns that it is over.
  isAway = false;
  await pass(3_000);
  expect(first.lost).toBe("core");
});

test("a store that nobody reached for longer than a lease leaves the leader as it was", async () => {
  let isAway = false;
  const first = begin("a", ["core"], { ...store, acquire: (...args) => (isAway ? Promise.reject(new Error("away")) : store.acquire(...args)) });
  await pass(500);
  const leadership = first.leading!.of("core");
  const before = leadership.epoch();
  isAway = true;
  await pass(leaseTtlMs * 2);
  expect(leadership.leads()).toBe(false);
  isAway = false;
  await pass(3_000);
  expect([leadership.leads(), leadership.epoch(), first.lost]).toEqual([true, before, ""]);
});

test("a process that stood still for longer than its lease does not lead from the moment it wakes, before it has asked anybody", async () => {
  const first = begin("a", ["core"]);
  await pass(500);
  const leadership = first.leading!.of("core");
  expect(leadership.leads()).toBe(true);
  clock.standStill(leaseTtlMs + 1);
  expect(leadership.leads()).toBe(false);
});

test("all leases or none: one that is taken keeps the process from the others too", async () => {
  const core = begin("a", ["core"]);
  await pass(500);
  const both = begin("b", ["auth", "core"]);
  await pass(5_000);
  expect(both.leading).toBeUndefined();
  const auth = begin("c", ["auth"]);
  await pass(3_000);
  expect(auth.leading?.of("auth").leads()).toBe(true);
  await core.leading!.resign();
  await auth.leading!.resign();
  await pass(3_000);
  expect(both.leading?.of("auth").leads()).toBe(true);
});

test("an earlier life of the same name is no competitor", async () => {
  begin("pod-1", ["core"]);
  await pass(500);
  const again = begin("pod-1", ["core"]);
  await pass(500);
  expect(again.leading?.of("core").epoch()).toBe(2);
});

test("whoever waits stops when it is told to", async () => {
  begin("a", ["core"]);
  await pass(500);
  const second = begin("b", ["core"]);
  await pass(500);
  second.abort.abort();
  await pass(leaseTtlMs * 2);
  expect(second.leading).toBeUndefined();
});
