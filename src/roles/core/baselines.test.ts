import { expect, test } from "bun:test";
import { buildSchema, introspectionFromSchema } from "graphql";
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import { systemCall, type Call, type MemberRole } from "#kernel/call";
import { systemClock } from "#kernel/clock";
import { silentLog } from "#kernel/log";
import type { Baseline } from "#ports/baselines";
import { createSqliteBaselineStore } from "../../adapters/sqlite/baselines.ts";
import { aCheck, startCoreRole } from "../../testing/core_role.ts";
import { startFakeSite } from "../../testing/fake_site.ts";
import { openTempStore } from "../../testing/temp_store.ts";
import { createBaselineKeeper } from "./baselines.ts";
import type { FinishedRun } from "./finished_run.ts";
import { createProbePool } from "./probe_pool.ts";

const callAs = (role: MemberRole, tenantId = "ten_1"): Call => ({ ...systemCall("test", tenantId), actor: { type: "user", id: "usr_1", role, ip: "" } });
const api = aCheck("chk_api", { type: "graphql" });
const someBaseline: Baseline = { tenantId: "ten_1", checkId: "chk_api", kind: "graphql_schema", hash: "ab", text: "type Query", setAtMs: 5 };

async function startCore() {
  const temp = await openTempStore();
  const role = await startCoreRole(temp.store, { checks: [api, aCheck("chk_site")] });
  const baselines = createSqliteBaselineStore(temp.store);
  await baselines.put(someBaseline);
  const dispose = async () => {
    await role.stop();
    await temp[Symbol.asyncDispose]();
  };
  return { ...role, baselines, [Symbol.asyncDispose]: dispose };
}

test("a probe worker remembers through the main thread: two runs see a break, a test run remembers nothing", async () => {
  await using temp = await openTempStore();
  const answerOf = (sdl: string) => JSON.stringify({ data: introspectionFromSchema(buildSchema(sdl)) });
  let sdl = "type Query { a: Int b: Int }";
  await using site = await startFakeSite({ respond: ({ body }) => ({ body: body.includes("__schema") ? answerOf(sdl) : '{"data":{}}' }) });
  const store = createSqliteBaselineStore(temp.store);
  const pool = createProbePool({ workers: 1, log: silentLog, clock: systemClock, descriptors: () => Promise.reject(new Error("none")), baselines: createBaselineKeeper(store, systemClock, () => true) });
  try {
    pool.setRules({ allow: [], deny: [], own: [], grants: {} }, true);
    const check = (id: string): Check => aCheck(id, { type: "graphql", target: { url: site.url, query: "{ a }", watchSchema: true }, timeoutMs: 20_000 });
    const run = (one: Check) => new Promise<FinishedRun>((resolve) => pool.run(one, "excerpt", { ended: resolve }));
    expect((await run(check(""))).status).toBe("up");
    expect(await store.get("ten_1", "chk_api", "graphql_schema")).toBeUndefined();
    expect((await run(check("chk_api"))).status).toBe("up");
    const set = await store.get("ten_1", "chk_api", "graphql_schema");
    sdl = "type Query { a: Int }";
    const broken = await run(check("chk_api"));
    expect(broken).toMatchObject({ status: "degraded", error: { kind: "schema_changed", message: "schema has a breaking change: Query.b was removed" } });
    expect(await store.get("ten_1", "chk_api", "graphql_schema")).toEqual(set!);
    await store.remove("ten_1", "chk_api");
    expect((await run(check("chk_api"))).status).toBe("up");
  } finally {
    pool.stop();
  }
});

test("the text of a baseline travels only to a worker that does not have it", async () => {
  await using at = await startCore();
  const keeper = createBaselineKeeper(at.baselines, at.clock, () => true);
  const ask = { tenantId: "ten_1", checkId: "chk_api", kind: "graphql_schema" } as const;
  expect(await keeper.answer({ ...ask, do: "get", known: [] })).toEqual({ hash: "ab", text: "type Query" });
  expect(await keeper.answer({ ...ask, do: "get", known: ["ab"] })).toEqual({ hash: "ab", text: "" });
});

test("a run that outlives its check leaves no baseline behind", async () => {
  await using at = await startCore();
  const keeper = createBaselineKeeper(at.baselines, at.clock, () => false);
  const gone = { tenantId: "ten_1", checkId: "chk_gone", kind: "graphql_schema" } as const;
  await keeper.answer({ ...gone, do: "set", hash: "cd", text: "type Query" });
  expect(await at.baselines.get("ten_1", "chk_gone", "graphql_schema")).toBeUndefined();
});

test("a baseline is shown to its tenant, and accepted by an editor", async () => {
  await using at = await startCore();
  expect(await at.core.getBaseline({ checkId: "chk_api" }, callAs("viewer"))).toMatchObject({ kind: "graphql_schema", hash: "ab", text: "type Query", setAtMs: 5 });
  const refusal = (call: Promise<unknown>) => call.then(() => "none", (error: { code: string }) => error.code);
  expect(await refusal(at.core.getBaseline({ checkId: "chk_api" }, callAs("viewer", "ten_2")))).toBe("not_found");
  expect(await refusal(at.core.acceptBaseline({ checkId: "chk_api" }, callAs("editor", "ten_2")))).toBe("not_found");
  expect(await refusal(at.core.acceptBaseline({ checkId: "chk_api" }, callAs("viewer")))).toBe("forbidden");
  expect(await at.baselines.get("ten_1", "chk_api", "graphql_schema")).toEqual(someBaseline);
  await at.core.acceptBaseline({ checkId: "chk_api" }, callAs("editor"));
  await expect(at.core.getBaseline({ checkId: "chk_api" }, callAs("viewer"))).rejects.toMatchObject({ code: "not_found", message: 'no baseline of check "chk_api": none is set until a run has seen the schema, with watchSchema' });
  await expect(at.core.getBaseline({ checkId: "chk_site" }, callAs("viewer"))).rejects.toMatchObject({ message: 'no baseline of check "chk_site": a http check has none' });
});

test("a deleted check forgets its baseline, and no other does", async () => {
  await using at = await startCore();
  await at.baselines.put({ ...someBaseline, checkId: "chk_site" });
  for (const check of [api, aCheck("chk_site")]) await at.run(check, Date.UTC(2026, 0, 1));
  at.config.remove("chk_api");
  await at.settled();
  expect(await at.baselines.get("ten_1", "chk_api", "graphql_schema")).toBeUndefined();
  expect(await at.baselines.get("ten_1", "chk_site", "graphql_schema")).toBeDefined();
});
