/** The law for every ledger store. */
import { expect, test } from "bun:test";
import type { Claimed, LedgerDraft, LedgerEvent, LedgerStore, Settlement } from "./ledger.ts";

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

const idsOf = (claimed: Claimed[]) => claimed.map(({ row }) => row.id);

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
    expect((await under.ledger.list("ten_1", { incidentId: "", state: "", limit: 10, cursor: "" })).length).toBe(2);
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
      const rows = await under.ledger.list("ten_1", { incidentId: "", state: "", limit: 10, cursor: "", ...filter });
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
    expect(await under.ledger.list("ten_2", { incidentId: "inc_1", state: "", limit: 10, cursor: "" })).toEqual([]);
    expect(await under.ledger.hasSequence("ten_2", "inc_1", 1)).toBe(false);
    const other = await under.ledger.append(event("evt_1", { tenantId: "ten_2" }), [draft("ntf_9")], terms(1_000));
    expect(idsOf(other.claimed)).toEqual(["ntf_9"]);
  });
}
