import { describe, expect, setDefaultTimeout, test } from "bun:test";
import type { IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import type { Incident } from "#contracts/uptimeping/incident/v1/incident_pb";
import { systemCall, type Call, type MemberRole } from "#kernel/call";
import { afterKill, runResult, startIncidentRole, type IncidentRoleUnderTest, type RunWish } from "../../testing/incident_role.ts";
import { openTempStore } from "../../testing/temp_store.ts";

// Each is a database on a real disk, some of them dozens.
setDefaultTimeout(60_000);

const minuteMs = 60_000;

function callAs(role: MemberRole, tenantId = "ten_1"): Call {
  return { ...systemCall("test", tenantId), actor: { type: "user", id: "usr_1", role, ip: "" } };
}
const editor = callAs("editor");

async function start(around = {}) {
  const temp = await openTempStore();
  const role = await startIncidentRole(temp.store, around);
  const dispose = async () => {
    await role.stop();
    await temp[Symbol.asyncDispose]();
  };
  return { temp, role, [Symbol.asyncDispose]: dispose };
}

/** Each letter is a run, a minute apart: u up, g degraded, d down, n unknown. */
function runs(letters: string, wish: Partial<RunWish> = {}, firstMinute = 1) {
  const statuses = { u: "up", g: "degraded", d: "down", n: "unknown" } as const;
  return letters.split("").map((letter, i) => runResult({ ...wish, status: statuses[letter as keyof typeof statuses], minute: firstMinute + i }));
}

async function takeEach(role: IncidentRoleUnderTest, results: ReturnType<typeof runs>) {
  for (const result of results) {
    await role.take(result);
    await role.clock.advance(minuteMs);
  }
}

async function incidentsOf(role: IncidentRoleUnderTest, call = editor): Promise<Incident[]> {
  const { items } = await role.api.listIncidents({ state: "", checkId: "", limit: 0, cursor: "" } as never, call);
  return items as Incident[];
}

async function read(role: IncidentRoleUnderTest, id: string): Promise<Incident> {
  return (await role.api.getIncident({ id } as never, editor)) as Incident;
}

const typesOf = (events: IncidentEvent[]) => events.map((event) => event.type);
/** As one sees them who honours their ids. */
const distinct = (events: IncidentEvent[]) => [...new Map(events.map((event) => [event.id, event])).values()];

describe("one outage", () => {
  test("is one incident, one opened and one resolved, however long it lasts", async () => {
    await using at = await start();
    expect(await at.role.take(...runs("uuddddddgdnduu"))).toBe(14);
    expect(typesOf(at.role.events)).toEqual(["incident.opened", "incident.resolved"]);
    expect(at.role.events.map((event) => event.sequence)).toEqual([1, 2]);
    const [incident] = await incidentsOf(at.role);
    expect(incident).toMatchObject({ state: "resolved", severity: "critical", occurrences: 9, checkName: "Shop" });
  });

  test("lasts from its first failing run to its first good one", async () => {
    await using at = await start();
    await at.role.take(...runs("uddduu"));
    const [incident] = await incidentsOf(at.role);
    const startOf = (minute: number) => runResult({ minute }).result!.scheduledAtMs;
    expect([incident!.startedAtMs, incident!.endedAtMs]).toEqual([startOf(2), startOf(5)]);
  });

  test("tells its story in the timeline, each entry with a reason", async () => {
    await using at = await start();
    await at.role.take(...runs("gg", { error: "slow" }), ...runs("dd", { error: "refused" }, 3), ...runs("uu", {}, 5));
    const { timeline, causes } = await read(at.role, (await incidentsOf(at.role))[0]!.id);
    expect(timeline.map((entry) => [entry.type, entry.reason])).toEqual([
      ["opened", "failure_threshold_reached"],
      ["cause_added", "new_error"],
      ["severity_raised", "check_went_down"],
      ["resolved", "recovered"],
    ]);
    expect(causes.map((cause) => [cause.errorHash, cause.occurrences])).toEqual([["slow", 2], ["refused", 2]]);
  });

  test("a blip below the threshold, and runs that were not observed, open nothing", async () => {
    await using at = await start();
    await at.role.take(...runs("dudnnunnn"));
    expect(await incidentsOf(at.role)).toEqual([]);
    expect(at.role.events).toEqual([]);
  });

  test("a check that is healthy leaves nothing on disk", async () => {
    await using at = await start();
    await at.role.take(...runs("uuuuuuunnuu"));
    expect(at.temp.store.all("SELECT * FROM incident_check_states")).toEqual([]);
  });

  test("the same error soon after opens it again; another error, or later, opens another", async () => {
    await using at = await start();
    await takeEach(at.role, runs("dduudd"));
    expect(typesOf(at.role.events)).toEqual(["incident.opened", "incident.resolved", "incident.reopened"]);
    expect(await incidentsOf(at.role)).toHaveLength(1);
    await takeEach(at.role, [...runs("uu", {}, 7), ...runs("dd", { error: "other" }, 9), ...runs("uu", {}, 11)]);
    expect(await incidentsOf(at.role)).toHaveLength(2);
    await at.role.clock.advance(20 * minuteMs);
    await takeEach(at.role, runs("dd", { error: "other" }, 33));
    expect(await incidentsOf(at.role)).toHaveLength(3);
  });

  test("locations are independent", async () => {
    await using at = await start();
    await at.role.take(...runs("dd", { location: "eu" }), ...runs("du", { location: "us" }));
    expect(await incidentsOf(at.role)).toHaveLength(1);
  });

  test("events carry the check without its secrets", async () => {
    await using at = await start();
    await at.role.take(...runs("dd"));
    expect(at.role.events[0]!.check).toMatchObject({ channels: ["chn_1"], target: { url: "https://shop.example/health" } });
    const disk = JSON.stringify(at.temp.store.all("SELECT CAST(check_body AS TEXT) AS body FROM incidents"));
    expect(disk).not.toMatch(/hunter2|t0ken|k1|1234/);
  });
});

describe("a dependency that is down", () => {
  test("suppresses the incident, which is still recorded and resolved aloud", async () => {
    await using at = await start();
    await at.role.take(...runs("dd", { checkId: "chk_db" }), ...runs("dduu", { dependsOn: ["chk_db"] }));
    const parent = at.role.events[0]!.incident!;
    expect(at.role.events[1]!.incident).toMatchObject({ checkId: "chk_1", suppressedBy: parent.id });
    expect(typesOf(at.role.events)).toEqual(["incident.opened", "incident.opened", "incident.resolved"]);
  });

  test("no longer suppresses when it is back and the check is not", async () => {
    await using at = await start();
    const child = { dependsOn: ["chk_db"] };
    await at.role.take(...runs("dd", { checkId: "chk_db" }), ...runs("dd", child), ...runs("uu", { checkId: "chk_db" }, 3), ...runs("dd", child, 5));
    expect(at.role.events.at(-1)).toMatchObject({ type: "incident.reopened", incident: { checkId: "chk_1", suppressedBy: "", state: "open" } });
    expect(at.role.events).toHaveLength(4);
  });

  test("of another tenant suppresses nothing", async () => {
    await using at = await start();
    await at.role.take(...runs("dd", { checkId: "chk_db", tenantId: "ten_2" }), ...runs("dd", { dependsOn: ["chk_db"] }));
    expect(at.role.events[1]!.incident!.suppressedBy).toBe("");
  });
});

describe("after kill -9", () => {
  test("everything again, at every instant of an outage: no second incident and no second event", async () => {
    const story = runs("uudddnddudduud");
    for (let killedAfter = 1; killedAfter <= story.length; killedAfter++) {
      await using at = await start();
      for (const result of story.slice(0, killedAfter)) await at.role.take(result);
      await using next = afterKill(at.temp);
      const role = await startIncidentRole(next.store, { events: at.role.events });
      await role.take(...story.slice(0, killedAfter));
      await role.take(...story.slice(killedAfter));
      expect({ killedAfter, types: typesOf(distinct(role.events)) }).toEqual({ killedAfter, types: ["incident.opened", "incident.resolved"] });
      expect(await incidentsOf(role)).toMatchObject([{ state: "resolved", occurrences: 7 }]);
      await role.stop();
    }
  });

  test("between two failures the count is not lost", async () => {
    await using at = await start();
    await at.role.take(...runs("d"));
    await using next = afterKill(at.temp);
    const role = await startIncidentRole(next.store);
    await role.take(...runs("d", {}, 2));
    expect(typesOf(role.events)).toEqual(["incident.opened"]);
    expect((await incidentsOf(role))[0]!.causes).toMatchObject([{ occurrences: 2 }]);
    await role.stop();
  });

  test("an event that was decided but not handed over goes out, in order and with its id", async () => {
    let broken = true;
    await using at = await start({
      accept: () => {
        if (broken) throw new Error("the queue is away");
      },
    });
    await at.role.take(...runs("dduu"));
    expect(at.role.ready()).toBe("incident events cannot be handed to the queue: the queue is away");
    await using next = afterKill(at.temp);
    const role = await startIncidentRole(next.store);
    await role.clock.advance(0);
    expect(typesOf(role.events)).toEqual(["incident.opened", "incident.resolved"]);
    await role.stop();
    broken = false;
    await at.role.clock.advance(60_000);
    await at.role.stop();
    expect(at.role.ready()).toBe("");
    expect(at.role.events.map((event) => event.id)).toEqual(role.events.map((event) => event.id));
  });

  test("between handing over and forgetting, the event comes again under the same id", async () => {
    await using at = await start();
    await at.role.take(...runs("d"));
    await using next = afterKill(at.temp);
    const events: IncidentEvent[] = [];
    let image: Awaited<ReturnType<typeof openTempStore>> | undefined;
    const role = await startIncidentRole(next.store, { events, accept: () => void (image ??= afterKill(next)) });
    await role.take(...runs("d", {}, 2));
    await using third = image!;
    const again = await startIncidentRole(third.store, { events });
    await again.clock.advance(0);
    expect(events).toHaveLength(2);
    expect(distinct(events)).toHaveLength(1);
    await role.stop();
    await again.stop();
  });
});

describe("duplicates", () => {
  test("a result that comes twice counts once", async () => {
    await using at = await start();
    const once = runs("uddduu");
    await at.role.take(...once.flatMap((result) => [result, result]), ...once);
    expect(typesOf(at.role.events)).toEqual(["incident.opened", "incident.resolved"]);
    expect((await incidentsOf(at.role))[0]!.occurrences).toBe(3);
  });

  test("a manual run counts like another, and does not hide the scheduled one it overtook", async () => {
    await using at = await start();
    await at.role.take(runResult({ minute: 1.5, trigger: "manual", sequence: 1 }), runResult({ minute: 1, sequence: 2 }));
    expect(typesOf(at.role.events)).toEqual(["incident.opened"]);
  });

  test("a clock that is set back an hour hides no failure, and makes no replay count", async () => {
    await using at = await start();
    const later = runs("ddu", {}, 70);
    const earlier = runs("dddd", {}, 11);
    const story = [...later, ...earlier];
    story.forEach((result, i) => void (result.sequence = i + 1));
    await at.role.take(...later);
    await at.role.take(...earlier, ...story);
    expect((await incidentsOf(at.role))[0]).toMatchObject({ state: "open", occurrences: 6 });
    await using next = afterKill(at.temp);
    const role = await startIncidentRole(next.store, { events: at.role.events });
    await role.take(...story);
    expect((await incidentsOf(role))[0]).toMatchObject({ state: "open", occurrences: 6 });
    expect(typesOf(distinct(role.events))).toEqual(["incident.opened"]);
    await role.stop();
  });

  test("a result without a place in the log is not decided on, and does not come again for ever", async () => {
    await using at = await start();
    expect(await at.role.take(runResult({ minute: 1, sequence: 0, failureThreshold: 1 }))).toBe(1);
    expect(await incidentsOf(at.role)).toEqual([]);
  });

  test("a failure that comes late, after newer good runs, is not taken for a new one", async () => {
    await using at = await start();
    await at.role.take(...runs("duuuuu"), runResult({ minute: 3, failureThreshold: 1 }));
    expect(await incidentsOf(at.role)).toEqual([]);
  });

  test("a batch whose commit fails is given back and decided again", async () => {
    await using at = await start();
    at.temp.store.write((tx) => tx.run("ALTER TABLE incident_outbox RENAME TO away")).catch(() => {});
    await expect(at.role.take(...runs("dd"))).rejects.toThrow();
    await at.temp.store.write((tx) => tx.run("ALTER TABLE away RENAME TO incident_outbox"));
    await at.role.take(...runs("dd"));
    expect(await incidentsOf(at.role)).toHaveLength(1);
    expect(typesOf(at.role.events)).toEqual(["incident.opened"]);
  });
});

describe("people", () => {
  async function outage() {
    const at = await start();
    await takeEach(at.role, runs("dd"));
    const [incident] = await incidentsOf(at.role);
    return { ...at, id: incident!.id };
  }
  const act = (id: string, comment = "") => ({ id, comment }) as never;

  test("acknowledge once, however often they ask; who and why stand in the timeline", async () => {
    await using at = await outage();
    await at.role.api.acknowledgeIncident(act(at.id, "on it"), editor);
    const answer = (await at.role.api.acknowledgeIncident(act(at.id), editor)) as Incident;
    expect(answer.state).toBe("acknowledged");
    expect(answer.timeline.filter((entry) => entry.type === "acknowledged")).toMatchObject([{ actor: "usr_1", reason: "by_person", message: "on it" }]);
    await at.role.clock.advance(0);
    expect(at.role.events.map((event) => [event.type, event.sequence, event.check?.channels])).toEqual([
      ["incident.opened", 1, ["chn_1"]],
      ["incident.acknowledged", 2, ["chn_1"]],
    ]);
  });

  test("resolve what still fails: it stays closed for the reopen window, then opens again", async () => {
    await using at = await outage();
    await at.role.api.resolveIncident(act(at.id), editor);
    await takeEach(at.role, runs("dddddddd", {}, 4));
    expect(typesOf(at.role.events)).toEqual(["incident.opened", "incident.resolved"]);
    await takeEach(at.role, runs("d", {}, 12));
    expect(typesOf(at.role.events)).toEqual(["incident.opened", "incident.resolved", "incident.reopened"]);
    const { timeline, occurrences } = await read(at.role, at.id);
    expect(timeline.at(-1)).toMatchObject({ type: "reopened", reason: "still_failing_after_manual_resolve" });
    expect(occurrences).toBe(11);
  });

  test("resolve what has recovered since: nothing opens again", async () => {
    await using at = await outage();
    await at.role.api.resolveIncident(act(at.id), editor);
    await takeEach(at.role, runs("duuuuuuuuuuuuuuu", {}, 3));
    expect(typesOf(at.role.events)).toEqual(["incident.opened", "incident.resolved"]);
  });

  test("comment; an empty or an endless comment is refused", async () => {
    await using at = await outage();
    const answer = (await at.role.api.commentIncident(act(at.id, "rebooting"), editor)) as Incident;
    expect(answer.timeline.at(-1)).toMatchObject({ type: "commented", message: "rebooting", actor: "usr_1" });
    await expect(at.role.api.commentIncident(act(at.id, " "), editor)).rejects.toMatchObject({ code: "invalid_argument" });
    const endless = at.role.api.commentIncident(act(at.id, "x".repeat(4001)), editor);
    await expect(endless).rejects.toThrow("the comment is too long: 4001 characters, at most 4000");
  });

  test("who may only look cannot act", async () => {
    await using at = await outage();
    expect((await at.role.api.getIncident({ id: at.id } as never, callAs("viewer"))).id).toBe(at.id);
    for (const rpc of ["acknowledgeIncident", "resolveIncident", "commentIncident"] as const) {
      await expect(at.role.api[rpc](act(at.id, "x"), callAs("viewer"))).rejects.toMatchObject({ code: "forbidden" });
    }
  });

  test("acknowledging what is resolved is refused", async () => {
    await using at = await outage();
    await at.role.api.resolveIncident(act(at.id), editor);
    await expect(at.role.api.acknowledgeIncident(act(at.id), editor)).rejects.toThrow(`cannot acknowledge ${at.id}: it is resolved`);
  });

  test("of another tenant see, count and change nothing", async () => {
    await using at = await outage();
    const stranger = callAs("owner", "ten_2");
    expect(await incidentsOf(at.role, stranger)).toEqual([]);
    expect(await at.role.api.countOpenIncidents({} as never, stranger)).toEqual({ critical: 0, warning: 0 });
    for (const rpc of ["getIncident", "acknowledgeIncident", "resolveIncident", "commentIncident"] as const) {
      await expect(at.role.api[rpc](act(at.id, "x"), stranger)).rejects.toMatchObject({ code: "not_found" });
    }
    expect((await read(at.role, at.id)).state).toBe("open");
  });
});

describe("reading", () => {
  test("pages through a list, newest first, and counts what is open", async () => {
    await using at = await start();
    for (const checkId of ["chk_a", "chk_b", "chk_c"]) await at.role.take(...runs("gg", { checkId }));
    const first = await at.role.api.listIncidents({ state: "active", checkId: "", limit: 2, cursor: "" } as never, editor);
    const second = await at.role.api.listIncidents({ state: "active", checkId: "", limit: 2, cursor: first.nextCursor } as never, editor);
    expect([...first.items!, ...second.items!].map((item) => item.checkId)).toEqual(["chk_c", "chk_b", "chk_a"]);
    expect(second.nextCursor).toBe("");
    expect(await at.role.api.countOpenIncidents({} as never, systemCall("metrics"))).toEqual({ critical: 0, warning: 3 });
  });

  test("refuses a state and a cursor that do not exist, and a page of no size", async () => {
    await using at = await start();
    const list = (request: object) => at.role.api.listIncidents({ state: "", checkId: "", limit: 0, cursor: "", ...request } as never, editor);
    await expect(list({ state: "closed" })).rejects.toThrow('no such state "closed": one of open, acknowledged, resolved, active');
    await expect(list({ cursor: "x" })).rejects.toThrow('the cursor "x" was not given out by this list: take nextCursor of the page before');
    await expect(list({ limit: 201 })).rejects.toThrow("/limit: 201 is not right: a whole number from 1 to 200");
  });

  test("a watcher hears of its own tenant's changes, with what is new in the timeline", async () => {
    await using at = await start();
    const leave = new AbortController();
    const changes = at.role.api.watchIncidents({} as never, { ...editor, signal: leave.signal })[Symbol.asyncIterator]();
    const first = changes.next();
    await at.role.take(...runs("dd", { tenantId: "ten_2", checkId: "chk_2" }), ...runs("dd"));
    expect((await first).value).toMatchObject({ tenantId: "ten_1", state: "open", timeline: [{ type: "opened" }] });
    const second = changes.next();
    leave.abort();
    expect((await second).done).toBe(true);
  });

  test("what was resolved longer ago than the retention is gone", async () => {
    await using at = await start();
    await at.role.take(...runs("dduu"), ...runs("dd", { checkId: "chk_2" }));
    await at.role.clock.advance(3_600_000);
    expect(await incidentsOf(at.role)).toHaveLength(2);
    at.role.clock.jump(366 * 86_400_000);
    await at.role.clock.advance(3_600_000);
    await at.role.stop();
    await at.temp.store.write(() => {});
    expect(await incidentsOf(at.role)).toMatchObject([{ checkId: "chk_2", state: "open" }]);
    expect(at.temp.store.all("SELECT check_id FROM incident_check_states")).toEqual([{ check_id: "chk_2" }]);
    expect(at.temp.store.all("SELECT count(*) AS causes FROM incident_causes")).toEqual([{ causes: 1 }]);
  });
});
