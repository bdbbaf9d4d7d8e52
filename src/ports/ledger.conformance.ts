/** The law for every ledger store. */
import { expect, test } from "bun:test";
import type { Claimed, Grouping, LedgerDraft, LedgerEvent, LedgerStore, Settlement } from "./ledger.ts";

export interface LedgerUnderTest extends AsyncDisposable {
  ledger: LedgerStore;
}

const terms = (nowMs: number, limit = 10) => ({ nowMs, leaseUntilMs: nowMs + 60_000, limit, exceptTenants: [] });

const event = (id: string, change: Partial<LedgerEvent> = {}): LedgerEvent => ({
  id,
  tenantId: "ten_1",
  type: "incident.opened",
  atMs: 1_000,
  incidentId: "inc_1",
  sequence: 1,
  payload: `{"of":"${id}"}`,
  ...change,
});

const draft = (id: string, change: Partial<LedgerDraft> = {}): LedgerDraft => ({
  id,
  channelId: "chn_1",
  channelName: "Hook",
  channelType: "webhook",
  state: "waiting",
  reason: "queued",
  createdAtMs: 1_000,
  nextAttemptAtMs: 1_000,
  ...change,
});

const ended = (state: Settlement["state"], change: Partial<Settlement> = {}): Settlement => ({
  state,
  reason: state === "sent" ? "delivered" : "because",
  nextAttemptAtMs: state === "waiting" ? 5_000 : 0,
  sentAtMs: state === "sent" ? 2_000 : 0,
  lastError: state === "sent" ? "" : "status 500",
  attempt: { atMs: 1_500, durationMs: 3.5, ok: state === "sent", answer: "said" },
  reached: [],
  nowMs: 2_000,
  ...change,
});

const everything = { incidentId: "", state: "", channelId: "", eventType: "", fromMs: 0, toMs: 0, limit: 10, cursor: "" };

const idsOf = (claimed: Claimed[]) => claimed.map(({ row }) => row.id);
const memberIdsOf = (claimed: Claimed) => claimed.members.map(({ row }) => row.id);

const together: Grouping = { key: "all", waitMs: 0, intervalMs: 30_000 };

/** A message of the group went out just now. */
async function flushed(ledger: LedgerStore): Promise<void> {
  const { claimed } = await ledger.append(event("evt_0", { incidentId: "inc_0" }), [draft("ntf_0", { grouping: together })], terms(1_000));
  await ledger.settle(claimed[0]!.row, ended("sent"));
}

/** `ntf_1` under its first lease, with `ntf_2` as its member. */
async function groupOfTwo(ledger: LedgerStore): Promise<Claimed> {
  await flushed(ledger);
  for (const n of [1, 2]) await ledger.append(event(`evt_${n}`, { incidentId: `inc_${n}` }), [draft(`ntf_${n}`, { grouping: together })], terms(1_000));
  const [lead] = await ledger.claim(terms(31_000));
  expect([lead!.row.id, ...memberIdsOf(lead!)]).toEqual(["ntf_1", "ntf_2"]);
  return lead!;
}

export function ledgerConformance(open: () => Promise<LedgerUnderTest>): void {
  test("a message is claimed together with its event in the same step in which it is stored", async () => {
    await using under = await open();
    const { added, claimed } = await under.ledger.append(event("evt_1"), [draft("ntf_1")], terms(1_000));
    expect(added.map((row) => [row.id, row.state])).toEqual([["ntf_1", "sending"]]);
    expect(claimed.map(({ row, event: about }) => [row.id, row.eventId, about.payload])).toEqual([["ntf_1", "evt_1", '{"of":"evt_1"}']]);
    expect(await under.ledger.claim(terms(1_000))).toEqual([]);
  });

  test("the same event to the same channel is one message, however often it is stored", async () => {
    await using under = await open();
    await under.ledger.append(event("evt_1"), [draft("ntf_1")], terms(1_000));
    const again = await under.ledger.append(event("evt_1"), [draft("ntf_2"), draft("ntf_3", { channelId: "chn_2" })], terms(1_000));
    expect(again.added.map((row) => row.id)).toEqual(["ntf_3"]);
    expect(idsOf(again.claimed)).toEqual(["ntf_3"]);
    expect((await under.ledger.list("ten_1", everything)).length).toBe(2);
  });

  test("no more than asked for are claimed; the rest is due at once", async () => {
    await using under = await open();
    const drafts = ["a", "b", "c"].map((name) => draft(`ntf_${name}`, { channelId: `chn_${name}` }));
    expect((await under.ledger.append(event("evt_1"), drafts, terms(1_000, 1))).claimed.length).toBe(1);
    expect(await under.ledger.nextDueAtMs([])).toBe(1_000);
    expect((await under.ledger.claim(terms(1_000, 10))).length).toBe(2);
  });

  test("a later message of an incident waits until the earlier one is sent or dead", async () => {
    await using under = await open();
    for (const outcome of ["sent", "dead"] as const) {
      const about = { incidentId: `inc_${outcome}` };
      const first = await under.ledger.append(event(`evt_1${outcome}`, about), [draft(`ntf_1${outcome}`)], terms(1_000));
      const second = await under.ledger.append(event(`evt_2${outcome}`, { ...about, sequence: 2 }), [draft(`ntf_2${outcome}`)], terms(1_000));
      expect(second.claimed).toEqual([]);
      expect(second.added).toMatchObject([{ state: "waiting", nextAttemptAtMs: 0, reason: "behind_an_earlier_message" }]);

      const retrying = await under.ledger.settle(first.claimed[0]!.row, ended("waiting"));
      expect(retrying).toMatchObject({ state: "waiting", nextAttemptAtMs: 5_000, tries: 1 });
      expect(await under.ledger.claim(terms(4_999))).toEqual([]);
      const again = await under.ledger.claim(terms(5_000));
      expect(idsOf(again)).toEqual([`ntf_1${outcome}`]);
      await under.ledger.settle(again[0]!.row, ended(outcome));
      expect(idsOf(await under.ledger.claim(terms(5_000)))).toEqual([`ntf_2${outcome}`]);
    }
  });

  test("messages to other channels and of other incidents do not wait for each other", async () => {
    await using under = await open();
    await under.ledger.append(event("evt_1"), [draft("ntf_1")], terms(1_000));
    const other = await under.ledger.append(event("evt_2", { sequence: 2 }), [draft("ntf_2", { channelId: "chn_2" })], terms(1_000));
    const third = await under.ledger.append(event("evt_3", { incidentId: "inc_2" }), [draft("ntf_3")], terms(1_000));
    expect([...idsOf(other.claimed), ...idsOf(third.claimed)]).toEqual(["ntf_2", "ntf_3"]);
  });

  test("an earlier event that arrives late goes first, and frees the one that was held for it", async () => {
    await using under = await open();
    const held = { reason: "held_for_an_earlier_event", nextAttemptAtMs: 9_000 };
    await under.ledger.append(event("evt_2", { sequence: 2 }), [draft("ntf_2", held), draft("ntf_2b", { ...held, channelId: "chn_2" })], terms(1_000));
    expect(await under.ledger.hasSequence("ten_1", "inc_1", 1)).toBe(false);
    const first = await under.ledger.append(event("evt_1"), [draft("ntf_1")], terms(1_000));
    expect(await under.ledger.hasSequence("ten_1", "inc_1", 1)).toBe(true);
    expect(idsOf(first.claimed)).toEqual(["ntf_1"]);
    // The other channel was told nothing of the first event, so there is nothing to wait for.
    expect(idsOf(await under.ledger.claim(terms(1_000)))).toEqual(["ntf_2b"]);
    await under.ledger.settle(first.claimed[0]!.row, ended("sent"));
    expect(idsOf(await under.ledger.claim(terms(2_000)))).toEqual(["ntf_2"]);
  });

  test("an attempt is kept with what was said, and a lease that was lost settles nothing", async () => {
    await using under = await open();
    const { claimed } = await under.ledger.append(event("evt_1"), [draft("ntf_1")], terms(1_000));
    const stale = claimed[0]!.row;
    const [current] = await under.ledger.claim(terms(61_000));
    expect(current!.row.id).toBe("ntf_1");
    expect(await under.ledger.settle(stale, ended("dead"))).toBeUndefined();
    const settled = await under.ledger.settle(current!.row, ended("waiting", { reached: ["+1555"] }));
    expect(settled).toMatchObject({ reached: ["+1555"], lastError: "status 500", attempts: [{ atMs: 1_500, durationMs: 3.5, ok: false, answer: "said" }] });
  });

  test("what a process that is gone was sending is given back", async () => {
    await using under = await open();
    await under.ledger.append(event("evt_1"), [draft("ntf_1")], terms(1_000));
    expect(await under.ledger.recover(70_000)).toBe(1);
    expect(idsOf(await under.ledger.claim(terms(70_000)))).toEqual(["ntf_1"]);
  });

  test("a dead or waiting message can be revived with a fresh schedule, a sent one cannot", async () => {
    await using under = await open();
    const { claimed } = await under.ledger.append(event("evt_1"), [draft("ntf_1"), draft("ntf_2", { channelId: "chn_2" })], terms(1_000));
    await under.ledger.settle(claimed[0]!.row, ended("dead"));
    await under.ledger.settle(claimed[1]!.row, ended("sent"));
    expect(await under.ledger.revive("ten_1", "ntf_1", 7_000)).toMatchObject({ state: "waiting", tries: 0, nextAttemptAtMs: 7_000, reason: "retry_requested" });
    expect(await under.ledger.revive("ten_1", "ntf_2", 7_000)).toBeUndefined();
    expect(idsOf(await under.ledger.claim(terms(7_000)))).toEqual(["ntf_1"]);
  });

  test("rows are listed newest first, by incident and state, page by page", async () => {
    await using under = await open();
    for (const n of [1, 2, 3]) {
      const state = n === 3 ? "skipped" : "waiting";
      await under.ledger.append(event(`evt_${n}`, { incidentId: `inc_${n % 2}` }), [draft(`ntf_${n}`, { state, nextAttemptAtMs: 0 })], terms(1_000));
    }
    const listed = async (filter: object) => {
      const rows = await under.ledger.list("ten_1", { ...everything, ...filter });
      return rows.map((row) => row.id);
    };
    expect(await listed({})).toEqual(["ntf_3", "ntf_2", "ntf_1"]);
    expect(await listed({ incidentId: "inc_1" })).toEqual(["ntf_3", "ntf_1"]);
    expect(await listed({ state: "skipped" })).toEqual(["ntf_3"]);
    expect(await listed({ limit: 1, cursor: "ntf_3" })).toEqual(["ntf_2"]);
  });

  test("finished rows go after their retention, unfinished ones stay", async () => {
    await using under = await open();
    const { claimed } = await under.ledger.append(event("evt_1"), [draft("ntf_1"), draft("ntf_2", { channelId: "chn_2" })], terms(1_000));
    await under.ledger.settle(claimed[0]!.row, ended("sent"));
    expect(await under.ledger.prune(1_000, 10)).toBe(0);
    expect(await under.ledger.prune(1_001, 10)).toBe(1);
    expect(await under.ledger.hasSequence("ten_1", "inc_1", 1)).toBe(true);
    await under.ledger.settle(claimed[1]!.row, ended("dead"));
    expect(await under.ledger.prune(1_001, 10)).toBe(1);
    expect(await under.ledger.hasSequence("ten_1", "inc_1", 1)).toBe(false);
  });

  test("what one tenant keeps for a shorter time goes alone", async () => {
    await using under = await open();
    for (const tenantId of ["ten_1", "ten_2"]) {
      const { claimed } = await under.ledger.append(event("evt_1", { tenantId }), [draft(`ntf_${tenantId}`)], terms(1_000));
      await under.ledger.settle(claimed[0]!.row, ended("sent"));
    }
    expect(await under.ledger.prune(1_001, 10, "ten_2")).toBe(1);
    expect([await under.ledger.hasSequence("ten_1", "inc_1", 1), await under.ledger.hasSequence("ten_2", "inc_1", 1)]).toEqual([true, false]);
  });

  test("rows of tenants that have their share are left, and do not count as due", async () => {
    await using under = await open();
    await under.ledger.append(event("evt_1"), [draft("ntf_1")], terms(1_000, 0));
    await under.ledger.append(event("evt_2", { tenantId: "ten_2" }), [draft("ntf_2", { nextAttemptAtMs: 1_500 })], terms(1_000, 0));
    expect(await under.ledger.nextDueAtMs(["ten_1"])).toBe(1_500);
    expect(idsOf(await under.ledger.claim({ ...terms(2_000), exceptTenants: ["ten_1"] }))).toEqual(["ntf_2"]);
    expect(idsOf(await under.ledger.claim(terms(2_000)))).toEqual(["ntf_1"]);
  });

  test("a tenant neither sees nor revives the messages of another, and incidents of one id do not mix", async () => {
    await using under = await open();
    const first = await under.ledger.append(event("evt_1"), [draft("ntf_1")], terms(1_000));
    await under.ledger.settle(first.claimed[0]!.row, ended("dead"));
    expect(await under.ledger.find("ten_2", "ntf_1")).toBeUndefined();
    expect(await under.ledger.revive("ten_2", "ntf_1", 2_000)).toBeUndefined();
    expect(await under.ledger.list("ten_2", { ...everything, incidentId: "inc_1" })).toEqual([]);
    expect(await under.ledger.hasSequence("ten_2", "inc_1", 1)).toBe(false);
    const other = await under.ledger.append(event("evt_1", { tenantId: "ten_2" }), [draft("ntf_9")], terms(1_000));
    expect(idsOf(other.claimed)).toEqual(["ntf_9"]);
  });

  test("the first row of a group goes at once, what comes within its interval goes as one after it", async () => {
    await using under = await open();
    const { ledger } = under;
    const first = await ledger.append(event("evt_1"), [draft("ntf_1", { grouping: together })], terms(1_000));
    expect(idsOf(first.claimed)).toEqual(["ntf_1"]);
    for (const n of [2, 3]) {
      const { added, claimed } = await ledger.append(event(`evt_${n}`, { incidentId: `inc_${n}` }), [draft(`ntf_${n}`, { grouping: together })], terms(1_000 * n));
      expect(claimed).toEqual([]);
      expect(added).toMatchObject([{ state: "waiting", reason: "held_for_its_group", nextAttemptAtMs: 31_000 }]);
    }
    expect(await ledger.claim(terms(30_999))).toEqual([]);
    const [second, ...more] = await ledger.claim(terms(31_000));
    expect(more).toEqual([]);
    expect([second!.row.id, ...memberIdsOf(second!)]).toEqual(["ntf_2", "ntf_3"]);
    expect(second!.members[0]!.event.id).toBe("evt_3");
    expect(await ledger.find("ten_1", "ntf_3")).toMatchObject({ state: "sending", reason: "grouped", groupedInto: "ntf_2", nextAttemptAtMs: 0 });
    await ledger.settle(second!.row, ended("sent"));
    expect(await ledger.find("ten_1", "ntf_3")).toMatchObject({ state: "sent", reason: "delivered_in_a_group", sentAtMs: 2_000 });
  });

  test("groups of other keys, channels and tenants do not wait for each other", async () => {
    await using under = await open();
    const wishes = [{}, { key: "other" }, { channelId: "chn_2" }, { tenantId: "ten_2" }];
    for (const [n, { key = "all", channelId = "chn_1", tenantId = "ten_1" }] of wishes.entries()) {
      const wish = draft(`ntf_${n}`, { channelId, grouping: { ...together, key } });
      expect(idsOf((await under.ledger.append(event(`evt_${n}`, { tenantId, incidentId: `inc_${n}` }), [wish], terms(1_000))).claimed)).toEqual([`ntf_${n}`]);
    }
  });

  test("a retry carries the same members under the same id, whatever has come since, and after a crash, too", async () => {
    await using under = await open();
    const { ledger } = under;
    const lead = await groupOfTwo(ledger);
    await ledger.settle(lead.row, ended("waiting", { nextAttemptAtMs: 40_000 }));
    expect(await ledger.find("ten_1", "ntf_2")).toMatchObject({ state: "waiting", tries: 1, nextAttemptAtMs: 0, groupedInto: "ntf_1" });
    await ledger.append(event("evt_3", { incidentId: "inc_3" }), [draft("ntf_3", { grouping: together })], terms(35_000));
    const again = (await ledger.claim(terms(40_000))).find(({ row }) => row.id === "ntf_1")!;
    expect(memberIdsOf(again)).toEqual(["ntf_2"]);
    expect(await ledger.find("ten_1", "ntf_2")).toMatchObject({ state: "sending" });

    await ledger.recover(41_000);
    expect(await ledger.find("ten_1", "ntf_2")).toMatchObject({ state: "waiting", reason: "interrupted", nextAttemptAtMs: 0 });
    const [recovered] = await ledger.claim(terms(41_000));
    expect([recovered!.row.id, ...memberIdsOf(recovered!)]).toEqual(["ntf_1", "ntf_2"]);
    await ledger.settle(recovered!.row, ended("dead"));
    expect(await ledger.find("ten_1", "ntf_2")).toMatchObject({ state: "dead", reason: "because", lastError: "status 500" });
  });

  test("a member that is revived brings its leader and the others along; one that is being sent is left alone", async () => {
    await using under = await open();
    const { ledger } = under;
    const lead = await groupOfTwo(ledger);
    expect(await ledger.revive("ten_1", "ntf_2", 2_000)).toBeUndefined();
    await ledger.settle(lead.row, ended("dead"));
    expect(await ledger.revive("ten_1", "ntf_2", 50_000)).toMatchObject({ id: "ntf_2", state: "waiting", nextAttemptAtMs: 0, tries: 0 });
    expect(await ledger.find("ten_1", "ntf_1")).toMatchObject({ state: "waiting", nextAttemptAtMs: 50_000, tries: 0 });
    const [again] = await ledger.claim(terms(50_000));
    expect([again!.row.id, ...memberIdsOf(again!)]).toEqual(["ntf_1", "ntf_2"]);
    expect(await ledger.revive("ten_1", "ntf_2", 50_001)).toBeUndefined();
  });

  test("a message that a later one has overtaken is not revived", async () => {
    await using under = await open();
    const first = await under.ledger.append(event("evt_1"), [draft("ntf_1")], terms(1_000));
    await under.ledger.settle(first.claimed[0]!.row, ended("dead"));
    const second = await under.ledger.append(event("evt_2", { sequence: 2 }), [draft("ntf_2")], terms(2_000));
    expect(await under.ledger.revive("ten_1", "ntf_1", 2_000)).toBeUndefined();
    await under.ledger.settle(second.claimed[0]!.row, ended("dead"));
    expect(await under.ledger.revive("ten_1", "ntf_1", 3_000)).toMatchObject({ state: "waiting" });
  });

  test("what is behind a row of the message goes along, as far as the order of its line allows", async () => {
    await using under = await open();
    const { ledger } = under;
    await flushed(ledger);
    await ledger.append(event("evt_1"), [draft("ntf_1", { grouping: together })], terms(1_000));
    await ledger.append(event("evt_2", { sequence: 2 }), [draft("ntf_2", { grouping: { ...together, key: "ends" } })], terms(2_000));
    await ledger.append(event("evt_3", { sequence: 3 }), [draft("ntf_3")], terms(2_000));
    await ledger.append(event("evt_4", { sequence: 4 }), [draft("ntf_4", { grouping: together })], terms(2_000));
    const [lead] = await ledger.claim(terms(31_000));
    expect([lead!.row.id, ...memberIdsOf(lead!)]).toEqual(["ntf_1", "ntf_2"]);
    expect(await ledger.claim(terms(31_000))).toEqual([]);
    await ledger.settle(lead!.row, ended("sent", { nowMs: 32_000 }));
    const [third] = await ledger.claim(terms(32_000));
    expect([third!.row.id, ...memberIdsOf(third!)]).toEqual(["ntf_3"]);
    await ledger.settle(third!.row, ended("sent", { nowMs: 33_000 }));
    expect(idsOf(await ledger.claim(terms(33_000)))).toEqual(["ntf_4"]);
  });

  test("a group that waits gets all that belong to it, from the start", async () => {
    await using under = await open();
    const grouping = { ...together, waitMs: 2_000 };
    for (const n of [1, 2]) {
      const { added } = await under.ledger.append(event(`evt_${n}`, { incidentId: `inc_${n}` }), [draft(`ntf_${n}`, { grouping })], terms(1_000 * n));
      expect(added).toMatchObject([{ nextAttemptAtMs: 3_000, reason: "held_for_its_group" }]);
    }
    const [lead] = await under.ledger.claim(terms(3_000));
    expect([lead!.row.id, ...memberIdsOf(lead!)]).toEqual(["ntf_1", "ntf_2"]);
  });

  test("what is over the limit of a minute is held and goes as one; what joins a message that waits is not over it", async () => {
    await using under = await open();
    const { ledger } = under;
    const append = (n: number, change: Partial<LedgerDraft> = {}) =>
      ledger.append(event(`evt_${n}`, { incidentId: `inc_${n}` }), [draft(`ntf_${n}`, { createdAtMs: 1_000, mostPerMinute: 2, ...change })], terms(1_000));
    for (const n of [1, 2]) {
      const { claimed } = await append(n);
      await ledger.settle(claimed[0]!.row, ended("sent"));
    }
    for (const n of [3, 4]) expect((await append(n)).added).toMatchObject([{ reason: "held_by_rate_limit", nextAttemptAtMs: 61_000 }]);
    expect(await ledger.claim(terms(60_999))).toEqual([]);
    const [digest, ...more] = await ledger.claim(terms(61_000));
    expect([digest!.row.id, ...memberIdsOf(digest!)]).toEqual(["ntf_3", "ntf_4"]);
    expect(more).toEqual([]);
    expect(idsOf((await append(5, { channelId: "chn_2" })).claimed)).toEqual(["ntf_5"]);

    for (const n of [11, 12, 13, 14]) await append(n, { channelId: "chn_3", grouping: together });
    expect(await ledger.find("ten_1", "ntf_14")).toMatchObject({ reason: "held_for_its_group" });
  });

  test("who was told that an incident goes on is known until it was told of the end", async () => {
    await using under = await open();
    const { ledger } = under;
    const skipped = { state: "skipped", reason: "muted_by_silence", nextAttemptAtMs: 0 } as const;
    await ledger.append(event("evt_1"), [draft("ntf_1"), draft("ntf_2", { channelId: "chn_2", ...skipped })], terms(1_000));
    expect(await ledger.told("ten_1", "inc_1", 1)).toEqual([]);
    expect(await ledger.told("ten_1", "inc_1", 2)).toEqual(["chn_1"]);
    expect(await ledger.told("ten_2", "inc_1", 2)).toEqual([]);
    await ledger.append(event("evt_2", { sequence: 2, type: "incident.resolved" }), [draft("ntf_3")], terms(1_000));
    // Asked again for the same event it is the same answer.
    expect(await ledger.told("ten_1", "inc_1", 2)).toEqual(["chn_1"]);
    expect(await ledger.told("ten_1", "inc_1", 3)).toEqual([]);
    await ledger.append(event("evt_3", { sequence: 3, type: "incident.reopened" }), [draft("ntf_4", { channelId: "chn_2" })], terms(1_000));
    expect(await ledger.told("ten_1", "inc_1", 4)).toEqual(["chn_2"]);
  });

  test("an event whose predecessor is not there is held; what arrives after a later one went out is overtaken", async () => {
    await using under = await open();
    const { ledger } = under;
    const hold = { holdMs: 10_000 };
    const second = await ledger.append(event("evt_2", { sequence: 2 }), [draft("ntf_2", hold)], terms(1_000));
    expect(second.added).toMatchObject([{ reason: "held_for_an_earlier_event", nextAttemptAtMs: 11_000 }]);
    expect(idsOf(await ledger.claim(terms(11_000)))).toEqual(["ntf_2"]);
    const late = await ledger.append(event("evt_1"), [draft("ntf_1", hold)], terms(12_000));
    expect(late).toMatchObject({ added: [{ state: "skipped", reason: "overtaken", nextAttemptAtMs: 0 }], claimed: [] });
  });

  test("one that is held keeps its time behind others, and does not pass them when it is over", async () => {
    await using under = await open();
    const { ledger } = under;
    const first = await ledger.append(event("evt_1"), [draft("ntf_1")], terms(1_000));
    await ledger.append(event("evt_3", { sequence: 3 }), [draft("ntf_3", { holdMs: 10_000 })], terms(1_000));
    expect(await ledger.claim(terms(11_000))).toEqual([]);
    expect(await ledger.find("ten_1", "ntf_3")).toMatchObject({ reason: "behind_an_earlier_message", nextAttemptAtMs: 0 });
    await ledger.settle(first.claimed[0]!.row, ended("sent", { nowMs: 12_000 }));
    expect(idsOf(await ledger.claim(terms(12_000)))).toEqual(["ntf_3"]);

    const other = { incidentId: "inc_2" };
    const opened = await ledger.append(event("evt_a", other), [draft("ntf_a")], terms(20_000));
    await ledger.append(event("evt_c", { ...other, sequence: 3 }), [draft("ntf_c", { holdMs: 10_000 })], terms(20_000));
    await ledger.settle(opened.claimed[0]!.row, ended("sent", { nowMs: 20_100 }));
    expect(await ledger.claim(terms(20_100))).toEqual([]);
    expect(idsOf((await ledger.append(event("evt_b", { ...other, sequence: 2 }), [draft("ntf_b")], terms(20_200))).claimed)).toEqual(["ntf_b"]);
  });

  test("a clock that was set moves what waits, leases and intervals of groups with it", async () => {
    await using under = await open();
    const { ledger } = under;
    const hour = 3_600_000;
    const now = 10 * hour;
    await ledger.append(event("evt_1"), [draft("ntf_1", { grouping: together }), draft("ntf_2", { channelId: "chn_2", nextAttemptAtMs: now + 5_000 })], terms(now));
    await ledger.shift(-hour);
    expect(await ledger.nextDueAtMs([])).toBe(now + 5_000 - hour);
    expect(idsOf(await ledger.claim(terms(now + 59_999 - hour)))).toEqual(["ntf_2"]);
    expect(idsOf(await ledger.claim(terms(now + 60_000 - hour)))).toEqual(["ntf_1"]);
    const { added } = await ledger.append(event("evt_2", { incidentId: "inc_2" }), [draft("ntf_3", { grouping: { ...together, intervalMs: 120_000 } })], terms(now + 60_000 - hour));
    expect(added).toMatchObject([{ nextAttemptAtMs: now + 120_000 - hour }]);
  });

  test("rows are filtered by channel, type of event, time, and whether they are held", async () => {
    await using under = await open();
    const { ledger } = under;
    await ledger.append(event("evt_1"), [draft("ntf_1", { grouping: together })], terms(1_000));
    await ledger.append(event("evt_2", { incidentId: "inc_2" }), [draft("ntf_2", { grouping: together, createdAtMs: 2_000 })], terms(2_000));
    await ledger.append(event("evt_3", { sequence: 2, type: "incident.resolved" }), [draft("ntf_3", { channelId: "chn_2", createdAtMs: 3_000 })], terms(3_000));
    const listed = async (filter: object) => (await ledger.list("ten_1", { ...everything, ...filter })).map((row) => row.id);
    expect(await listed({ state: "held" })).toEqual(["ntf_2"]);
    expect(await listed({ channelId: "chn_2" })).toEqual(["ntf_3"]);
    expect(await listed({ eventType: "incident.resolved" })).toEqual(["ntf_3"]);
    expect(await listed({ fromMs: 2_000, toMs: 3_000 })).toEqual(["ntf_2"]);
  });

  test("of a group whose leader is past its retention nothing is sent again, and the rest is removed, too", async () => {
    await using under = await open();
    const { ledger } = under;
    const lead = await groupOfTwo(ledger);
    await ledger.settle(lead.row, ended("dead"));
    expect(await ledger.prune(1_000_000, 2)).toBe(2);
    expect(await ledger.revive("ten_1", "ntf_2", 50_000)).toBeUndefined();
    await ledger.prune(1_000_000, 10);
    expect(await ledger.list("ten_1", everything)).toEqual([]);
    expect(await ledger.hasSequence("ten_1", "inc_2", 1)).toBe(false);
  });

  test("what is stored, claimed and ended side by side goes out in the order of its line, and none of it is forgotten", async () => {
    await using under = await open();
    const { ledger } = under;
    const lines = ["inc_a", "inc_b"].flatMap((incidentId) => ["chn_1", "chn_2"].map((channelId) => ({ incidentId, channelId })));
    const sequences = [1, 2, 3, 4, 5, 6];
    const sent = new Map<string, number[]>();
    const send = async ({ row }: Claimed) => {
      const line = `${row.incidentId} ${row.channelId}`;
      sent.set(line, [...(sent.get(line) ?? []), row.sequence]);
      await ledger.settle(row, ended("sent"));
    };
    const store = async (incidentId: string, sequence: number) => {
      const id = `${incidentId}_${sequence}`;
      const drafts = ["chn_1", "chn_2"].map((channelId) => draft(`ntf_${id}_${channelId}`, { channelId, holdMs: 60_000 }));
      const { claimed } = await ledger.append(event(`evt_${id}`, { incidentId, sequence }), drafts, terms(1_000));
      await Promise.all([...claimed.map(send), ledger.claim(terms(1_000)).then((more) => Promise.all(more.map(send)))]);
    };
    await Promise.all(sequences.flatMap((sequence) => ["inc_a", "inc_b"].map((incidentId) => store(incidentId, sequence))));
    for (let due = await ledger.claim(terms(2_000)); due.length > 0; due = await ledger.claim(terms(2_000))) await Promise.all(due.map(send));
    for (const { incidentId, channelId } of lines) expect([incidentId, channelId, sent.get(`${incidentId} ${channelId}`)]).toEqual([incidentId, channelId, sequences]);
  });
}
