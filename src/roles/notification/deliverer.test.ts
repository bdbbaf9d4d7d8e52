/** A store that is away when an attempt ends: what came of it is not forgotten, and the message does not go twice. */
import { expect, test } from "bun:test";
import { createBroadcast } from "#kernel/broadcast";
import { AppError } from "#kernel/errors";
import { silentLog } from "#kernel/log";
import type { Claimed, LedgerRow, LedgerStore, Settlement } from "#ports/ledger";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createDeliverer } from "./deliverer.ts";

const row = { id: "ntf_1", tenantId: "ten_1", lease: 1, tries: 0, reached: [] as string[], attempts: [] as object[] } as LedgerRow;
const claimed = { row, event: {}, members: [] } as unknown as Claimed;

/** One message is due; `settle` is the store's. */
function createScene(settle: (settlement: Settlement) => Promise<LedgerRow | undefined>) {
  const clock = createFakeClock();
  const seen = { attempts: 0, settled: [] as string[] };
  let due = [claimed];
  const ledger = { claim: async () => due.splice(0), nextDueAtMs: async () => undefined, settle: (_: LedgerRow, settlement: Settlement) => settle(settlement) } as unknown as LedgerStore;
  const deliverer = createDeliverer({
    ledger,
    changes: createBroadcast(),
    clock,
    log: silentLog,
    concurrency: 4,
    attempt: async () => (seen.attempts++, { ok: true, text: "status 200" }),
    failed: async () => {},
    settled: ({ state }) => void seen.settled.push(state),
  });
  deliverer.wake();
  return { clock, seen, deliverer };
}

const away = () => Promise.reject(new AppError("unavailable", "the database cannot be reached"));
const kept = (settlement: Settlement) => Promise.resolve({ ...row, state: settlement.state });

test("what a receiver took is settled when the store is back, and nothing is sent again", async () => {
  let asked = 0;
  const { clock, seen } = createScene((settlement) => (++asked < 4 ? away() : kept(settlement)));
  await clock.advance(1_499);
  expect(seen).toEqual({ attempts: 1, settled: [] });
  await clock.advance(1);
  expect([asked, seen]).toEqual([4, { attempts: 1, settled: ["sent"] }]);
});

test("when its lease is over the message is somebody else's", async () => {
  let asked = 0;
  const { clock, seen } = createScene(() => (asked++, away()));
  await clock.advance(60_000);
  const askedInLease = asked;
  await clock.advance(60_000);
  expect([asked, seen]).toEqual([askedInLease, { attempts: 1, settled: [] }]);
});

test("a refusal of the store is final: another process leads", async () => {
  let asked = 0;
  const { clock, seen } = createScene(() => (asked++, Promise.reject(new AppError("failed_precondition", "another process leads"))));
  await clock.advance(5_000);
  expect([asked, seen]).toEqual([1, { attempts: 1, settled: [] }]);
});

test("a process that stops does not wait for a store that is away", async () => {
  let asked = 0;
  const { clock, deliverer } = createScene(() => (asked++, away()));
  await clock.advance(100);
  await deliverer.stop();
  expect(asked).toBe(2);
});
