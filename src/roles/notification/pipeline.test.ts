import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import type { SqliteStore } from "../../adapters/sqlite/connection.ts";
import type { LedgerStore } from "#ports/ledger";
import { brokenPromises } from "../../testing/notification_law.ts";
import { type Bug, incidents, liveThrough, type Step } from "../../testing/notification_world.ts";

const incident = fc.nat(incidents - 1);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant("take" as const), incident, ahead: fc.constantFrom(0, 0, 0, 1) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("again" as const), incident }) },
  { weight: 6, arbitrary: fc.record({ do: fc.constant("answer" as const), which: fc.nat(5), with: fc.constantFrom("ok" as const, "ok" as const, "fails" as const, "fails_though_received" as const, "refused" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("crash" as const), received: fc.boolean() }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(500, 4_000, 17_000, 40_000, 600_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("set_clock" as const), byMs: fc.constantFrom(-3_600_000, 3_600_000, -90_000, 90_000) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("retry" as const), which: fc.nat(30) }) },
);
const history = fc.array(step, { minLength: 5, maxLength: 60 });

const promises = (bug?: Bug) =>
  fc.asyncProperty(history, async (steps) => {
    const broken = brokenPromises(await liveThrough(steps, bug));
    if (broken.length > 0) throw new Error(broken.join("\n"));
  });

test("whatever happens, every message reaches its receiver, in order, as one message under one id", async () => {
  await fc.assert(promises(), { numRuns: 150 });
}, 120_000);

/** `then` runs after each call of `name`, with what it was given and gave. */
function after<Name extends keyof LedgerStore>(name: Name, then: (store: SqliteStore, given: never[], gave: never) => Promise<unknown>): Bug {
  return {
    ledger: (ledger, store) => ({
      ...ledger,
      [name]: async (...given: never[]) => {
        const gave = await (ledger[name] as (...all: never[]) => Promise<never>)(...given);
        await then(store, given, gave);
        return gave;
      },
    }),
  };
}

const run = (store: SqliteStore, sql: string, given: (string | number)[] = []) => store.write((tx) => tx.run(sql, given));

const bugs: Record<string, Bug> = {
  "a message counts as sent before it is": after("append", (store) => run(store, "UPDATE notifications SET state = 'sent', due_at_ms = 0 WHERE state = 'sending' AND lease = 1 AND grouped_into = ''")),
  "a retry has an id of its own": { messageId: ({ row }) => (row.lease > 1 ? `${row.id}.${row.lease}` : row.id) },
  "a row forgets after an attempt what its message carries": after("settle", (store, [row]) => run(store, "UPDATE notifications SET state = 'waiting', grouped_into = '', lease = 0, due_at_ms = 1 WHERE grouped_into = ?", [(row as { id: string }).id])),
  "members stay behind when their message has ended": after("settle", (store, [row]) => run(store, "UPDATE notifications SET state = 'sending' WHERE grouped_into = ?", [(row as { id: string }).id])),
  "a retry takes along what has come since": {
    ledger: (ledger, store) => ({
      ...ledger,
      async claim(terms) {
        const sql = `UPDATE notifications AS late SET state = 'sending', due_at_ms = 0, lease = 1,
          grouped_into = (SELECT id FROM notifications AS lead WHERE lead.state = 'waiting' AND lead.lease > 0 AND lead.grouped_into = '' AND lead.group_key = late.group_key LIMIT 1)
          WHERE state = 'waiting' AND lease = 0 AND due_at_ms > 0 AND group_key <> '' AND EXISTS (SELECT 1 FROM notifications AS lead WHERE lead.state = 'waiting' AND lead.lease > 0 AND lead.grouped_into = '' AND lead.group_key = late.group_key)`;
        await run(store, sql);
        return ledger.claim(terms);
      },
    }),
  },
  "after a crash members go by themselves": after("recover", (store) => run(store, "UPDATE notifications SET due_at_ms = 1, grouped_into = '', lease = 0 WHERE state = 'waiting' AND grouped_into <> ''")),
  "a later message does not wait for an earlier one": after("append", (store) => run(store, "UPDATE notifications SET due_at_ms = 1 WHERE state = 'waiting' AND due_at_ms = 0 AND grouped_into = ''")),
  "an event is told although a later one was": after("append", (store) => run(store, "UPDATE notifications SET state = 'waiting', reason = 'queued', due_at_ms = 1 WHERE reason = 'overtaken'")),
  "an event is not waited for": { ledger: (ledger) => ({ ...ledger, append: (event, drafts, terms) => ledger.append(event, drafts.map((draft) => ({ ...draft, holdMs: 0 })), terms) }) },
  "an event that comes again is another one": {
    ledger: (ledger) => {
      let count = 0;
      return { ...ledger, append: (event, drafts, terms) => ledger.append({ ...event, id: `${event.id}.${++count}` }, drafts, terms) };
    },
  },
  "a clock that was set is not noticed": { ledger: (ledger) => ({ ...ledger, shift: async () => {} }) },
  "a message whose order is lost is revived": after("list", (store) => run(store, "UPDATE notifications SET lease = 0 WHERE state = 'sent'")),
};

describe("a law that cannot be broken proves nothing:", () => {
  for (const [name, bug] of Object.entries(bugs)) {
    test(`it notices that ${name}`, async () => {
      const outcome = await fc.check(promises(bug), { numRuns: 400, seed: 7, endOnFailure: true });
      expect(outcome.failed).toBe(true);
    }, 120_000);
  }
});
