import type { MessageInitShape } from "@bufbuild/protobuf";
import { describe, expect, test } from "bun:test";
import type { RecordPingRequestSchema } from "#contracts/uptimeping/core/v1/core_pb";
import { systemCall, type Call, type MemberRole } from "#kernel/call";
import { aCheck, startCoreRole, type CoreRoleUnderTest, type CoreSurroundings } from "../../../testing/core_role.ts";
import { createFakeClock } from "../../../testing/fake_clock.ts";
import { afterKill } from "../../../testing/incident_role.ts";
import { openTempStore, type TempStore } from "../../../testing/temp_store.ts";

const minute = 60_000;
const day = 86_400_000;
const backup = aCheck("chk_backup", { type: "heartbeat", target: { period: "1h", grace: "5m", maxRun: "30m" } });

function callAs(role: MemberRole, tenantId = "ten_1"): Call {
  return { ...systemCall("test", tenantId), actor: { type: "user", id: "usr_1", role, ip: "" } };
}
const viewer = callAs("viewer");
const editor = callAs("editor");

async function start(around: CoreSurroundings = {}, opened?: TempStore) {
  const temp = opened ?? (await openTempStore());
  const role = await startCoreRole(temp.store, { checks: [backup], ...around });
  const dispose = async () => {
    await role.stop();
    await temp[Symbol.asyncDispose]();
  };
  const token = async () => (await role.core.listPingTokens({ checkIds: [backup.id] }, editor)).items[0]!.token;
  const ping = async (kind = "success", fields: MessageInitShape<typeof RecordPingRequestSchema> = {}) => {
    await role.core.recordPing({ token: await token(), kind, ...fields }, systemCall("gateway"));
    await role.settled();
  };
  /** A slot of its schedule is due. */
  const slot = async (check = backup, fields = {}) => {
    const given = role.give(check, role.clock.now(), { everyMs: 0, dueSinceMs: 0, ...fields });
    await role.settled();
    return given;
  };
  const state = async () => (await role.core.getCheckStatus({ checkId: backup.id }, viewer)).state;
  return { temp, role, token, ping, slot, state, [Symbol.asyncDispose]: dispose };
}

const results = async ({ core }: CoreRoleUnderTest) => (await core.getCheckHistory({ checkId: backup.id }, viewer)).items.map(({ status, trigger, error }) => [status, trigger, error?.kind ?? ""].join(" ").trim()).toReversed();

describe("a heartbeat", () => {
  test("is pending until its job has reported: slots before that are no results and not missed", async () => {
    await using at = await start();
    expect((await at.slot()).acknowledged).toBe(true);
    await at.role.clock.advance(5 * minute);
    expect((await at.slot()).acknowledged).toBe(true);
    expect([await at.state(), await results(at.role)]).toEqual(["pending", []]);
    await at.ping("start");
    for (const _ of [1, 2]) {
      await at.role.clock.advance(minute);
      await at.slot(backup, { everyMs: minute });
    }
    await at.ping();
    await at.role.clock.advance(minute);
    await at.slot(backup, { everyMs: minute });
    expect(await results(at.role)).toEqual(["up manual", "up schedule"]);
    expect((await at.role.core.getCheckHistory({ checkId: backup.id }, viewer)).missed).toEqual([]);
  });

  test("whose first run never ends is down when that is over its time, and slots until then are not missed", async () => {
    await using at = await start();
    await at.ping("start");
    for (let i = 1; i <= 31; i++) {
      await at.role.clock.advance(minute);
      if (i !== 10) await at.slot(backup, { everyMs: minute });
    }
    expect(await results(at.role)).toEqual(["down schedule heartbeat_overrun"]);
    expect((await at.role.core.getCheckHistory({ checkId: backup.id }, viewer)).missed).toEqual([]);
  });

  test("that changes how it stands is told at once; one that does not waits for the slot", async () => {
    await using at = await start();
    for (const [kind, fields] of [["success"], ["success"], ["start"], ["fail", { body: "no space" }], ["fail"], ["log"], ["exit", { exitCode: 0 }], ["exit", { exitCode: 2 }], ["success"]] as const) {
      await at.role.clock.advance(1_000);
      await at.ping(kind, fields);
    }
    expect(await results(at.role)).toEqual(["up manual", "down manual heartbeat_failed", "up manual", "down manual heartbeat_failed", "up manual"]);
    expect(at.role.told.map(({ result }) => result!.status)).toEqual(["up", "down", "up", "down", "up"]);
    expect(at.role.told[1]!.result).toMatchObject({ error: { message: "the job reported a failure: no space" }, observed: { excerpt: "no space" } });
  });

  test("is missed at the first slot after period and grace, and up again with the next success", async () => {
    await using at = await start();
    await at.ping();
    await at.role.clock.advance(65 * minute);
    await at.slot();
    expect(await at.state()).toBe("up");
    await at.role.clock.advance(minute);
    await at.slot();
    expect(await at.state()).toBe("down");
    await at.ping();
    expect(await at.state()).toBe("up");
    expect(await results(at.role)).toEqual(["up manual", "up schedule", "down schedule heartbeat_missed", "up manual"]);
  });

  test("tells how long its job ran, as its latency, and ends when it was judged", async () => {
    await using at = await start();
    await at.ping("start", { runId: "r" });
    await at.role.clock.advance(90_000);
    await at.ping("success", { runId: "r" });
    const { lastResult } = await at.role.core.getCheckStatus({ checkId: backup.id }, viewer);
    expect(lastResult).toMatchObject({ latencyMs: 90_000, observed: { runDurationMs: 90_000, exitCode: 0 } });
    expect(lastResult!.finishedAtMs).toBe(lastResult!.startedAtMs);
  });

  test("by cron is judged by the times that its task names", async () => {
    const nightly = aCheck(backup.id, { type: "heartbeat", target: { cron: "0 2 * * *", grace: "5m" } });
    await using at = await start({ checks: [nightly] });
    await at.ping();
    const now = at.role.clock.now();
    await at.slot(nightly, { expectedDueMs: now - 1_000, expectedNextMs: now + day });
    expect(await at.state()).toBe("up");
    await at.role.clock.advance(minute);
    await at.slot(nightly, { expectedDueMs: now + 30_000, expectedNextMs: now + day });
    expect(await at.state()).toBe("down");
  });

  test("of a paused check is kept and tells nothing; of a check that is no heartbeat any more it is nobody's", async () => {
    await using at = await start();
    const token = await at.token();
    at.role.config.save({ ...backup, enabled: false });
    await at.role.settled();
    await at.ping("fail");
    expect([await results(at.role), (await at.role.core.listPings({ checkId: backup.id }, viewer)).items.length]).toEqual([[], 1]);
    at.role.config.save({ ...backup, type: "http" });
    await at.role.settled();
    await expect(at.role.core.recordPing({ token, kind: "success" }, systemCall("gateway"))).rejects.toMatchObject({ code: "not_found" });
  });
});

describe("after kill -9", () => {
  test("a ping that was answered is there, with the state it made", async () => {
    await using at = await start();
    const token = await at.token();
    await at.ping("start");
    await at.ping("exit", { exitCode: 7, body: "boom" });
    await using next = await start({ clock: at.role.clock }, afterKill(at.temp));
    expect(await next.token()).toBe(token);
    await next.slot();
    expect(await next.state()).toBe("down");
    expect((await next.role.core.listPings({ checkId: backup.id }, viewer)).items).toMatchObject([{ number: 2, kind: "exit", exitCode: 7, body: "boom" }, { number: 1, kind: "start" }]);
  });

  test("a success that was due while nobody could hear it is unknown, not down", async () => {
    await using at = await start();
    await at.ping();
    await at.role.clock.advance(58 * minute);
    await at.slot();
    const clock = createFakeClock(at.role.clock.now() + 10 * minute);
    await using next = await start({ clock }, afterKill(at.temp));
    await next.slot();
    expect((await results(next.role)).at(-1)).toBe("unknown schedule internal");
    await clock.advance(66 * minute);
    await next.slot();
    expect((await results(next.role)).at(-1)).toBe("down schedule heartbeat_missed");
  });
});

describe("a wall clock that is set", () => {
  test.each([["forward", day], ["back", -day]])("%s makes no job late and excuses none", async (_, step) => {
    await using at = await start();
    await at.ping();
    await at.role.clock.advance(30 * minute);
    at.role.clock.jump(step);
    await at.slot();
    expect(await at.state()).toBe("up");
    await at.role.clock.advance(36 * minute);
    await at.slot();
    expect(await at.state()).toBe("down");
    await at.ping();
    expect(await at.state()).toBe("up");
  });
});

describe("a ping token", () => {
  test("stays the same until it is replaced; the one before it is nobody's then", async () => {
    await using at = await start();
    const token = await at.token();
    expect(token).toMatch(/^[A-Za-z0-9_-]{22}$/);
    expect(await at.token()).toBe(token);
    const { token: next } = await at.role.core.rotatePingToken({ checkId: backup.id }, editor);
    expect(await at.token()).toBe(next);
    await expect(at.role.core.recordPing({ token, kind: "success" }, systemCall("gateway"))).rejects.toMatchObject({ code: "not_found", message: "no check has this ping token" });
    await at.ping();
    expect(await at.state()).toBe("up");
  });

  test("is not in the database as text", async () => {
    await using at = await start();
    const token = await at.token();
    const rows = JSON.stringify(at.temp.store.all("SELECT * FROM heartbeats"));
    expect(rows).not.toContain(token);
  });

  test("is for editors of its tenant, of a check that core may not know yet, and of heartbeats alone", async () => {
    const shop = aCheck("chk_shop");
    await using at = await start({ checks: [backup, shop] });
    const tokens = (checkId: string, call: Call) => at.role.core.listPingTokens({ checkIds: [checkId] }, call);
    await expect(tokens(backup.id, viewer)).rejects.toMatchObject({ code: "forbidden" });
    await expect(tokens(backup.id, callAs("owner", "ten_2"))).rejects.toMatchObject({ code: "not_found" });
    expect((await tokens(shop.id, editor)).items).toEqual([]);
    await expect(at.role.core.rotatePingToken({ checkId: shop.id }, editor)).rejects.toMatchObject({ code: "failed_precondition" });
    await expect(at.role.core.listPings({ checkId: backup.id }, callAs("viewer", "ten_2"))).rejects.toMatchObject({ code: "not_found" });
  });

  test("of a deleted check is nobody's, and nothing is left of its pings", async () => {
    await using at = await start();
    const token = await at.token();
    await at.ping();
    at.role.config.remove(backup.id);
    await at.role.settled();
    await expect(at.role.core.recordPing({ token, kind: "success" }, systemCall("gateway"))).rejects.toMatchObject({ code: "not_found" });
    expect(at.temp.store.all("SELECT check_id FROM heartbeats UNION SELECT check_id FROM heartbeat_pings")).toEqual([]);
  });
});

test("pings come in pages, newest first; a flood of them is taken in order", async () => {
  await using at = await start();
  const token = await at.token();
  await Promise.all(Array.from({ length: 150 }, (_, i) => at.role.core.recordPing({ token, kind: "log", body: `${i}` }, systemCall("gateway"))));
  const first = await at.role.core.listPings({ checkId: backup.id, limit: 60 }, viewer);
  const second = await at.role.core.listPings({ checkId: backup.id, limit: 60, cursor: first.nextCursor }, viewer);
  expect([...first.items, ...second.items].map(({ body }) => Number(body))).toEqual(Array.from({ length: 100 }, (_, i) => 149 - i));
  expect(second.nextCursor).toBe("");
});

test("what is no kind of ping is refused, and a heartbeat cannot be tried", async () => {
  await using at = await start();
  await expect(at.ping("nonsense")).rejects.toThrow('no kind "nonsense" of ping: it is one of start, success, fail, log, exit');
  await expect(at.role.core.executeCheck({ check: backup }, editor)).rejects.toMatchObject({ code: "failed_precondition" });
});
