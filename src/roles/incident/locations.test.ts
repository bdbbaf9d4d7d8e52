/** What core stores of a check at two locations, and what becomes of it here: both roles on real files, with probes that end as the test says. */
import { expect, test } from "bun:test";
import type { ResultStatus } from "#ports/results";
import { aCheck, startCoreRole } from "../../testing/core_role.ts";
import { startIncidentRole } from "../../testing/incident_role.ts";
import { openTempStore } from "../../testing/temp_store.ts";

const minuteMs = 60_000;
const startMs = Date.UTC(2026, 0, 1);
const locations = ["default", "eu-1"];

interface Minute {
  home: ResultStatus;
  away: ResultStatus;
}

/** Both locations run at each minute, in turns first. */
async function watched(quorum: string, minutes: Minute[]) {
  await using ofCore = await openTempStore();
  await using ofIncident = await openTempStore();
  const shop = aCheck("chk_shop", { locations, quorum, failureThreshold: 2, recoveryThreshold: 2 });
  const incident = await startIncidentRole(ofIncident.store);
  const core = await startCoreRole(ofCore.store, { checks: [shop], handle: async (result) => void (await incident.take(result)) });
  for (const [i, { home, away }] of minutes.entries()) {
    const runs = [["default", home], ["eu-1", away]] as const;
    for (const [location, status] of i % 2 === 0 ? runs : runs.toReversed()) {
      core.give(shop, startMs + i * minuteMs, { location });
      core.pool.end({ status, startedAtMs: startMs + i * minuteMs, finishedAtMs: startMs + i * minuteMs + 12 });
      await core.settled();
    }
    core.clock.jump(minuteMs);
    await incident.clock.advance(minuteMs);
  }
  await core.stop();
  await incident.stop();
  return incident.events.map(({ type, reason, incident: about, locationsDown }) => ({ type: type.replace("incident.", ""), reason, location: locationsDown.join(), causes: about!.causes.length }));
}

const oneFails: Minute[] = [{ home: "up", away: "up" }, ...Array.from({ length: 4 }, () => ({ home: "up", away: "down" }) as const), ...Array.from({ length: 3 }, () => ({ home: "up", away: "up" }) as const)];
const bothFail = oneFails.map(({ away }) => ({ home: away, away }));

test("one location of two that fails is an outage where any is enough, and it is told from where", async () => {
  expect(await watched("any", oneFails)).toEqual([
    { type: "opened", reason: "failure_threshold_reached", location: "eu-1", causes: 1 },
    { type: "resolved", reason: "recovered", location: "", causes: 1 },
  ]);
});

test.each(["majority", "all", "2"])("one location of two that fails is no outage where %p must see it", async (quorum) => {
  expect(await watched(quorum, oneFails)).toEqual([]);
});

test.each(["any", "majority", "all"])("both locations that fail in one way are one outage with one cause, with a quorum of %p", async (quorum) => {
  const events = await watched(quorum, bothFail);
  expect(events.map(({ type, causes }) => [type, causes])).toEqual([["opened", 1], ["resolved", 1]]);
  if (quorum !== "any") expect(events[0]!.location.split(",").toSorted()).toEqual(locations);
});
