import { expect, test } from "bun:test";
import { silentLog } from "#kernel/log";
import type { LedgerEvent, LedgerRow } from "#ports/ledger";
import { createFakeClock } from "../../testing/fake_clock.ts";
import { createDeadMessages } from "./dead_messages.ts";

function start() {
  const clock = createFakeClock();
  const reports: { failing?: boolean; message?: string }[] = [];
  const dead = createDeadMessages({ reportPlatformCondition: async (report: object) => void reports.push(report) } as never, { clock, log: silentLog });
  dead.begin();
  const row = { channelType: "telegram", reason: "refused_by_receiver" } as LedgerRow;
  const about = (...checkIds: string[]) => checkIds.map((checkId) => ({ payload: JSON.stringify({ incident: { checkId } }) }) as LedgerEvent);
  return { clock, reports, dead, row, about };
}

test("a message that was given up is reported at once, again and again, and for a quarter of an hour", async () => {
  const { clock, reports, dead, row, about } = start();
  await clock.advance(15_000);
  expect(reports.at(-1)).toMatchObject({ key: "dead_messages", failing: false, message: "" });
  dead.died(row, about("chk_1"));
  dead.died({ ...row, channelType: "email" }, about("chk_2"));
  expect(reports.at(-1)).toMatchObject({ failing: true, message: "2 messages were given up in the last quarter of an hour (telegram: refused by receiver; email: refused by receiver)" });
  await clock.advance(870_000);
  expect(reports.at(-1)).toMatchObject({ failing: true });
  await clock.advance(30_000);
  expect(reports.at(-1)).toMatchObject({ failing: false });
});

test("a dead message about dead messages raises nothing, unless it would have told something else as well", () => {
  const { reports, dead, row, about } = start();
  dead.died(row, about("platform:dead_messages"));
  expect(reports.filter(({ failing }) => failing)).toEqual([]);
  dead.died(row, about("platform:dead_messages", "chk_1"));
  expect(reports.filter(({ failing }) => failing)).toHaveLength(1);
});

test("a message about nothing but itself is reported as others are", () => {
  const { reports, dead, row } = start();
  dead.died(row, [{ payload: JSON.stringify({ message: { subject: "s", text: "t" } }) } as LedgerEvent]);
  expect(reports.at(-1)).toMatchObject({ failing: true });
});

test("while all is well it is soon quiet", async () => {
  const { clock, reports } = start();
  await clock.advance(3_600_000);
  expect(reports).toHaveLength(8);
});
