import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "bun:test";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import { AppError } from "#kernel/errors";
import { bearer, json, startTestGateway, type FakeRoles } from "./test_gateway.ts";

/** Checks as config keeps them; `races` is how many changes are overtaken first, `refused` whose changes are not valid. */
function kept({ races = 0, refused = "" } = {}) {
  const ids = ["chk_1", "chk_2", "chk_3"];
  const checks = new Map<string, Check>(ids.map((id) => [id, create(CheckSchema, { id, version: 1, enabled: id !== "chk_2", tags: { env: "prod" } })]));
  const asked: string[] = [];
  const find = (id: string) => checks.get(id) ?? Promise.reject<Check>(new AppError("not_found", `no check "${id}"`));
  const config: FakeRoles["config"] = {
    getCheck: async ({ id }) => find(id),
    updateCheck: async ({ id, patch, version }) => {
      const check = await find(id);
      if (races-- > 0) throw new AppError("version_conflict", "changed");
      if (id === refused) throw new AppError("invalid_argument", "the check is not valid", { fields: [{ pointer: "/tags", message: "at most 50 tags" }] });
      asked.push(`${id} ${JSON.stringify(patch)}`);
      const next = create(CheckSchema, { ...check, version: version + 1, enabled: patch?.["enabled"] !== false });
      checks.set(id, next);
      return next;
    },
    deleteCheck: async ({ id }) => {
      await find(id);
      checks.delete(id);
      return {};
    },
    listChecks: ({ cursor }) => Promise.resolve(cursor === "" ? { items: [checks.get("chk_1")!], nextCursor: "c" } : { items: [checks.get("chk_2")!] }),
  };
  return { config, asked, checks };
}

interface Answer {
  items: { id: string; outcome: string; code?: string; message?: string }[];
}

async function ask(roles: FakeRoles, body: object, role = "editor") {
  await using gateway = startTestGateway(roles);
  const response = await gateway.fetch("/api/v1/checks/bulk", json("POST", body, bearer(role)));
  return { status: response.status, body: (await response.json()) as Answer, audited: gateway.audited.map(({ entry }) => `${entry.action} ${entry.subject} ${entry.detailJson}`) };
}

describe("a change of many checks", () => {
  test("tells what came of each, changes each once, and leaves an entry for each that it changed", async () => {
    const { config, asked } = kept();
    const { body, audited } = await ask({ config }, { action: "pause", ids: ["chk_3", "chk_9", "chk_2", "chk_1", "chk_3"] });
    expect(body.items).toEqual([
      { id: "chk_3", outcome: "changed" },
      { id: "chk_9", outcome: "failed", code: "not_found", message: 'no check "chk_9"' },
      { id: "chk_2", outcome: "unchanged" },
      { id: "chk_1", outcome: "changed" },
    ]);
    expect(asked.toSorted()).toEqual(['chk_1 {"enabled":false}', 'chk_3 {"enabled":false}']);
    expect(audited.toSorted()).toEqual(['check.pause chk_1 {"within":"check.bulk"}', 'check.pause chk_3 {"within":"check.bulk"}']);
  });

  test("is tried again where somebody was faster", async () => {
    const { config } = kept({ races: 2 });
    expect((await ask({ config }, { action: "pause", ids: ["chk_1"] })).body.items).toEqual([{ id: "chk_1", outcome: "changed" }]);
  });

  test("merges tags, and says where they are not right", async () => {
    const { config, asked } = kept({ refused: "chk_2" });
    const { body } = await ask({ config }, { action: "tags", ids: ["chk_1", "chk_2"], tags: { env: null, team: "shop" } });
    expect(asked).toEqual(['chk_1 {"tags":{"env":null,"team":"shop"}}']);
    expect(body.items[1]).toEqual({ id: "chk_2", outcome: "failed", code: "invalid_argument", message: "at most 50 tags" });
    expect((await ask({ config }, { action: "tags", ids: ["chk_1"], tags: { env: "prod", nothing: null } })).body.items).toEqual([{ id: "chk_1", outcome: "unchanged" }]);
  });

  test("sets channels only when there are such", async () => {
    const { config, asked } = kept();
    const notification: FakeRoles["notification"] = { getChannel: ({ id }) => (id === "chn_1" ? Promise.resolve({ id }) : Promise.reject(new AppError("not_found", "no"))) };
    expect((await ask({ config, notification }, { action: "channels", ids: ["chk_1"], channels: ["chn_2"] })).status).toBe(422);
    expect(asked).toEqual([]);
    expect((await ask({ config, notification }, { action: "channels", ids: ["chk_1"], channels: ["chn_1"] })).body.items).toEqual([{ id: "chk_1", outcome: "changed" }]);
  });

  test("deletes, which is what the trail says", async () => {
    const { config, checks } = kept();
    const { audited } = await ask({ config }, { action: "delete", ids: ["chk_1", "chk_2"] });
    expect([...checks.keys()]).toEqual(["chk_3"]);
    expect(audited).toHaveLength(2);
    expect(audited[0]).toStartWith("check.delete chk_");
  });

  test("is refused as a whole when it is no such change, and to viewers", async () => {
    const { config, asked } = kept();
    for (const body of [{ action: "explode", ids: ["chk_1"] }, { action: "pause", ids: [] }, { action: "pause", ids: ["chk_1"], tags: {} }, { action: "pause", ids: Array.from({ length: 1_001 }, (_, i) => `chk_${i}`) }]) {
      expect((await ask({ config }, body)).status).toBe(422);
    }
    expect((await ask({ config }, { action: "pause", ids: ["chk_1"] }, "viewer")).status).toBe(403);
    expect(asked).toEqual([]);
  });
});

describe("the overview", () => {
  const core: FakeRoles["core"] = {
    listCheckStatuses: ({ brief }) =>
      Promise.resolve({
        items: [{ checkId: "chk_1", state: "down", sinceMs: 1_000, strip: "uud", stripLatencyMs: [10, 35, Number.NaN], uptime24h: 0.5, lastResult: { location: "eu-1", scheduledAtMs: 5_000, status: "down", latencyMs: 12.345, ...(brief && { error: { kind: "timeout", message: "no answer", hash: "h" } }) } }],
      }),
  };
  const read = async (roles: FakeRoles) => {
    await using gateway = startTestGateway(roles);
    const response = await gateway.fetch("/api/v1/overview", { headers: bearer("viewer") });
    return { status: response.status, items: ((await response.json()) as { items?: object[] }).items };
  };

  test("joins every check with its recent results, a latency as one digit", async () => {
    const { items } = await read({ config: kept().config, core, incident: { listCheckConditions: () => Promise.resolve({ items: [{ checkId: "chk_1", flapping: true }] }) } });
    expect(items).toEqual([
      { id: "chk_1", version: 1, name: "", type: "", enabled: true, target: {}, tags: { env: "prod" }, state: "down", since: "1970-01-01T00:00:01.000Z", strip: "uud", latencies: "az-", slowestMs: 35, lastAt: "1970-01-01T00:00:05.000Z", lastMs: 12.3, location: "eu-1", error: "no answer", uptime24h: 0.5, flapping: true },
      { id: "chk_2", version: 1, name: "", type: "", enabled: false, target: {}, tags: { env: "prod" }, state: "paused", since: null, strip: "", latencies: "", slowestMs: 0, lastAt: null, lastMs: null, uptime24h: null },
    ]);
  });

  test("shows what is watched while nobody watches it", async () => {
    const away = () => Promise.reject(new AppError("unavailable", "core is away"));
    const { items } = await read({ config: kept().config, core: { listCheckStatuses: away }, incident: { listCheckConditions: away } });
    expect(items).toMatchObject([{ id: "chk_1", state: "pending" }, { id: "chk_2", state: "paused" }]);
    expect((await read({ config: kept().config, core: { listCheckStatuses: () => Promise.reject(new AppError("internal", "broken")) } })).status).toBe(500);
  });
});
