/** The law for every store of follow-ups. */
import { expect, test } from "bun:test";
import type { FollowUp, FollowUpStore } from "./follow_ups.ts";

export interface FollowUpsUnderTest extends AsyncDisposable {
  followUps: FollowUpStore;
}

const followUp = (incidentId: string, change: Partial<FollowUp> = {}): FollowUp => ({
  tenantId: "ten_1",
  incidentId,
  sequence: 1,
  labels: { name: "Shop" },
  wanted: [],
  payload: "{}",
  openedAtMs: 1_000,
  reminders: 0,
  unmutings: 0,
  remindedAtMs: 1_000,
  steps: 0,
  isMuted: false,
  dueAtMs: 5_000,
  ...change,
});

export function followUpsConformance(open: () => Promise<FollowUpsUnderTest>): void {
  test("what is due comes in the order of its time; what has no time never does", async () => {
    await using under = await open();
    for (const one of [followUp("inc_1"), followUp("inc_2", { dueAtMs: 4_000 }), followUp("inc_3", { dueAtMs: 0 })]) await under.followUps.put(one);
    expect(await under.followUps.nextDueAtMs()).toBe(4_000);
    expect((await under.followUps.due(4_999, 10)).map(({ incidentId }) => incidentId)).toEqual(["inc_2"]);
    expect((await under.followUps.due(5_000, 10)).map(({ incidentId }) => incidentId)).toEqual(["inc_2", "inc_1"]);
  });

  test("there is one for each incident, of its tenant", async () => {
    await using under = await open();
    await under.followUps.put(followUp("inc_1"));
    await under.followUps.put(followUp("inc_1", { reminders: 2 }));
    expect(await under.followUps.find("ten_1", "inc_1")).toEqual(followUp("inc_1", { reminders: 2 }));
    expect(await under.followUps.find("ten_2", "inc_1")).toBeUndefined();
    await under.followUps.remove("ten_2", "inc_1");
    expect(await under.followUps.list("ten_1")).toHaveLength(1);
    await under.followUps.remove("ten_1", "inc_1");
    expect(await under.followUps.list("ten_1")).toEqual([]);
    expect(await under.followUps.nextDueAtMs()).toBeUndefined();
  });
}
