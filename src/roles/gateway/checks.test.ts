import { create } from "@bufbuild/protobuf";
import { describe, expect, test } from "bun:test";
import { CheckSchema } from "#contracts/uptimeping/config/v1/config_pb";
import { AppError } from "#kernel/errors";
import { parseDuration } from "#kernel/settings";
import { bearer, json, startTestGateway, type FakeRoles } from "./test_gateway.ts";

/** A config and a scheduler that remember what they were asked to keep. */
function keeping() {
  const log: string[] = [];
  const schedules = new Map<string, { everyMs: number; cron: string; timezone: string }>();
  const check = (version: number, enabled = true) => create(CheckSchema, { id: "chk_1", name: "Shop", type: "http", version, enabled, createdAtMs: 1, updatedAtMs: 2 });
  let stored = check(1);
  const roles: FakeRoles = {
    config: {
      createCheck: (request) => {
        log.push(`create ${JSON.stringify(request.check)}`);
        return Promise.resolve(stored);
      },
      updateCheck: ({ patch, version }) => {
        if (version !== stored.version) return Promise.reject(new AppError("version_conflict", "changed"));
        log.push(`update ${JSON.stringify(patch)}`);
        stored = check(version + 1, patch?.["enabled"] !== false);
        return Promise.resolve(stored);
      },
      getCheck: () => Promise.resolve(stored),
      listChecks: () => Promise.resolve({ items: [stored], nextCursor: "c2" }),
      deleteCheck: () => {
        log.push("delete");
        return Promise.resolve({});
      },
    },
    scheduler: {
      validateSchedule: ({ every, cron }) => {
        if ((every === "") === (cron === "")) return Promise.reject(new AppError("invalid_argument", "the schedule is not valid", { fields: [{ pointer: "", message: "either" }] }));
        if (every === "soon") return Promise.reject(new AppError("invalid_argument", "the schedule is not valid", { fields: [{ pointer: "/every", message: "no duration" }] }));
        return Promise.resolve({});
      },
      scheduleCheck: ({ checkId, every, cron, timezone }) => {
        log.push(`schedule ${every}${cron}${timezone}`);
        schedules.set(checkId, { everyMs: parseDuration(every) ?? 0, cron, timezone });
        return Promise.resolve({ checkId, ...schedules.get(checkId)!, state: "active" });
      },
      unscheduleCheck: () => {
        log.push("unschedule");
        schedules.clear();
        return Promise.resolve({});
      },
      listSchedules: () => Promise.resolve({ items: [...schedules].map(([checkId, timing]) => ({ checkId, ...timing, state: "active", nextRunAtMs: 1_000 })) }),
    },
  };
  return { roles, log };
}

const target = { url: "https://shop.example/health" };

describe("creating a check", () => {
  test("validates the schedule first, then keeps the check without it, then schedules it", async () => {
    const { roles, log } = keeping();
    await using gateway = startTestGateway(roles);
    const response = await gateway.fetch("/api/v1/checks", json("POST", { name: "Shop", target, schedule: { every: "30s" } }));
    expect([response.status, response.headers.get("location"), response.headers.get("etag")]).toEqual([201, "/api/v1/checks/chk_1", '"1"']);
    expect(log).toEqual([`create ${JSON.stringify({ name: "Shop", target })}`, "schedule 30s"]);
    expect(await response.json()).toMatchObject({ id: "chk_1", version: 1, name: "Shop", createdAt: "1970-01-01T00:00:00.001Z", schedule: { every: "30s", state: "active" } });
    expect(gateway.audited.map(({ entry }) => [entry.action, entry.subject, entry.outcome])).toEqual([["check.create", "chk_1", "ok"]]);
  });

  test("says how soon its outages are told", async () => {
    const { roles } = keeping();
    await using gateway = startTestGateway(roles);
    const response = await gateway.fetch("/api/v1/checks", json("POST", { name: "Shop", target, schedule: { every: "30s" } }));
    const { guarantee, quorum } = (await response.json()) as { guarantee: object; quorum: string };
    expect([Object.keys(guarantee), quorum]).toEqual([["detectMs", "messageMs", "alwaysToldMs", "neverToldMs"], "majority"]);
  });

  test("without a schedule runs every minute", async () => {
    const { roles, log } = keeping();
    await using gateway = startTestGateway(roles);
    await gateway.fetch("/api/v1/checks", json("POST", { name: "Shop", target }));
    expect(log.at(-1)).toBe("schedule 60s");
  });

  test("with a bad schedule stores nothing and points into the schedule", async () => {
    const { roles, log } = keeping();
    await using gateway = startTestGateway(roles);
    for (const [schedule, pointer] of [[{ every: "soon" }, "/schedule/every"], [{}, "/schedule"], ["30s", "/schedule"], [{ every: 30 }, "/schedule/every"]] as const) {
      const response = await gateway.fetch("/api/v1/checks", json("POST", { name: "Shop", target, schedule }));
      const { errors } = (await response.json()) as { errors: { pointer: string }[] };
      expect([response.status, errors[0]!.pointer]).toEqual([422, pointer]);
    }
    expect(log).toEqual([]);
  });

  test("that cannot be scheduled is taken back", async () => {
    const { roles, log } = keeping();
    roles.scheduler!.scheduleCheck = () => Promise.reject(new AppError("unavailable", "the scheduler is away"));
    await using gateway = startTestGateway(roles);
    expect((await gateway.fetch("/api/v1/checks", json("POST", { name: "Shop", target }))).status).toBe(503);
    expect(log.at(-1)).toBe("delete");
  });
});

describe("the channels of a check", () => {
  const notification: FakeRoles["notification"] = {
    getChannel: ({ id }) => (id === "chn_1" ? Promise.resolve({ id }) : Promise.reject(new AppError(id === "chn_3" ? "unavailable" : "not_found", "there is no channel"))),
  };

  test("exist, or nothing is kept: a misspelt one would tell nobody", async () => {
    const { roles, log } = keeping();
    await using gateway = startTestGateway({ ...roles, notification });
    const made = await gateway.fetch("/api/v1/checks", json("POST", { name: "Shop", target, channels: ["chn_2", "chn_1"] }));
    expect([made.status, await made.json()]).toMatchObject([422, { errors: [{ pointer: "/channels/0", message: 'no channel "chn_2"' }] }]);
    const changed = await gateway.fetch("/api/v1/checks/chk_1", json("PATCH", { version: 1, channels: ["chn_1", "chn_2"], schedule: { every: "5m" } }));
    expect([changed.status, await changed.json()]).toMatchObject([422, { errors: [{ pointer: "/channels/1" }] }]);
    expect(log).toEqual([]);
    expect((await gateway.fetch("/api/v1/checks", json("POST", { name: "Shop", target, channels: ["chn_1"] }))).status).toBe(201);
  });

  test("that cannot be looked up are no fault of the caller's", async () => {
    const { roles, log } = keeping();
    await using gateway = startTestGateway({ ...roles, notification });
    expect((await gateway.fetch("/api/v1/checks", json("POST", { name: "Shop", target, channels: ["chn_3"] }))).status).toBe(503);
    expect(log).toEqual([]);
  });
});

describe("changing a check", () => {
  test("says which version was seen, in If-Match or in the body", async () => {
    const { roles, log } = keeping();
    await using gateway = startTestGateway(roles);
    const first = await gateway.fetch("/api/v1/checks/chk_1", json("PATCH", { name: "A" }, { ...bearer("editor"), "if-match": '"1"' }));
    expect([first.status, first.headers.get("etag")]).toEqual([200, '"2"']);
    expect((await gateway.fetch("/api/v1/checks/chk_1", json("PATCH", { name: "B", version: 2 }))).status).toBe(200);
    expect((await gateway.fetch("/api/v1/checks/chk_1", json("PATCH", { name: "C", version: 2 }))).status).toBe(409);
    expect(log).toEqual(['update {"name":"A"}', 'update {"name":"B"}']);
  });

  test("with a schedule alone changes only that, and still minds the version", async () => {
    const { roles, log } = keeping();
    await using gateway = startTestGateway(roles);
    expect((await gateway.fetch("/api/v1/checks/chk_1", json("PATCH", { version: 7, schedule: { every: "5m" } }))).status).toBe(409);
    const response = await gateway.fetch("/api/v1/checks/chk_1", json("PATCH", { version: 1, schedule: { every: "5m" } }));
    expect(await response.json()).toMatchObject({ version: 1, schedule: { every: "5m" } });
    expect(log).toEqual(["schedule 5m"]);
  });

  test("merges into the schedule: a zone keeps its cron, an interval takes its place, null takes it away", async () => {
    const { roles, log } = keeping();
    await using gateway = startTestGateway(roles);
    const patch = async (schedule: unknown) => ((await (await gateway.fetch("/api/v1/checks/chk_1", json("PATCH", { version: 1, schedule }))).json()) as { schedule: unknown }).schedule;
    await patch({ cron: "0 9 * * *" });
    expect(await patch({ timezone: "Europe/Berlin" })).toMatchObject({ cron: "0 9 * * *", timezone: "Europe/Berlin" });
    const interval = await patch({ every: "5m" });
    expect(interval).toMatchObject({ every: "5m" });
    expect(interval).not.toHaveProperty("cron");
    expect(await patch(null)).toBeNull();
    expect(log.at(-1)).toBe("unschedule");
  });

  test("with a bad schedule changes nothing at all", async () => {
    const { roles, log } = keeping();
    await using gateway = startTestGateway(roles);
    expect((await gateway.fetch("/api/v1/checks/chk_1", json("PATCH", { version: 1, name: "A", schedule: { every: "soon" } }))).status).toBe(422);
    expect(log).toEqual([]);
  });

  test("pausing and resuming need no version, and try again when somebody was faster", async () => {
    const { roles, log } = keeping();
    const { updateCheck } = roles.config!;
    let races = 1;
    roles.config!.updateCheck = (request, call) => (races-- > 0 ? Promise.reject(new AppError("version_conflict", "changed")) : updateCheck!(request, call));
    await using gateway = startTestGateway(roles);
    const paused = await gateway.fetch("/api/v1/checks/chk_1/pause", { method: "POST", headers: bearer("editor") });
    expect(await paused.json()).toMatchObject({ enabled: false });
    expect(log).toEqual(['update {"enabled":false}']);
  });
});

describe("testing a check", () => {
  const asked = async (body: object) => {
    const seen: unknown[] = [];
    await using gateway = startTestGateway({
      config: {
        validateCheck: ({ check, id }) => {
          seen.push({ check, id });
          return Promise.resolve(create(CheckSchema, { name: "trial" }));
        },
        getCheck: ({ id }) => Promise.resolve(create(CheckSchema, { id, name: "saved" })),
      },
      core: {
        executeCheck: ({ check }) => {
          seen.push(`${check?.id ?? ""} ${check?.name ?? ""}`);
          return Promise.resolve({ status: "up" });
        },
      },
    });
    expect((await gateway.fetch("/api/v1/checks/test", json("POST", body))).status).toBe(200);
    return seen;
  };

  test("tells what the probe itself added, and what the network lost", async () => {
    await using gateway = startTestGateway({
      config: { validateCheck: () => Promise.resolve(create(CheckSchema, { name: "trial" })) },
      core: { executeCheck: () => Promise.resolve({ status: "up", latencyMs: 3, probeLagMs: 0.12345, lostSyns: 1 }) },
    });
    const answer = await gateway.fetch("/api/v1/checks/test", json("POST", { name: "x", type: "http", target: {} }));
    expect(await answer.json()).toMatchObject({ latencyMs: 3, probeLagMs: 0.123, lostSyns: 1 });
    const openapi = (await (await gateway.fetch("/api/v1/openapi.json")).json()) as { components: { schemas: Record<string, { properties: object }> } };
    expect(openapi.components.schemas["Result"]!.properties).toMatchObject({ probeLagMs: { type: "number" }, lostSyns: { type: "number" } });
  });

  test("by its id alone runs the saved one", async () => {
    expect(await asked({ id: "chk_1" })).toEqual(["chk_1 saved"]);
  });

  test("as a document runs that, without its schedule", async () => {
    expect(await asked({ name: "Shop", target, schedule: { every: "1s" } })).toEqual([{ check: { name: "Shop", target }, id: "" }, " trial"]);
  });

  test("as a document with an id has the saved secrets, and is still not the saved check", async () => {
    expect(await asked({ id: "chk_1", name: "Shop", target })).toEqual([{ check: { name: "Shop", target }, id: "chk_1" }, " trial"]);
  });
});

describe("the baseline of a check", () => {
  const core: FakeRoles["core"] = {
    getBaseline: ({ checkId }) => (checkId === "chk_1" ? Promise.resolve({ kind: "graphql_schema", hash: "ab", text: "type Query", setAtMs: Date.UTC(2026, 0, 1) }) : Promise.reject(new AppError("not_found", "no baseline"))),
    acceptBaseline: () => Promise.resolve({}),
  };
  test("is shown, and 404 while none is set", async () => {
    await using gateway = startTestGateway({ core });
    const shown = await gateway.fetch("/api/v1/checks/chk_1/baseline", { headers: bearer("viewer") });
    expect([shown.status, await shown.json()]).toEqual([200, { kind: "graphql_schema", hash: "ab", text: "type Query", setAt: "2026-01-01T00:00:00.000Z" }]);
    expect((await gateway.fetch("/api/v1/checks/chk_2/baseline", { headers: bearer("viewer") })).status).toBe(404);
  });
  test("is accepted by an editor, and the trail says who did", async () => {
    await using gateway = startTestGateway({ core });
    const accept = (role: string) => gateway.fetch("/api/v1/checks/chk_1/baseline", { method: "POST", headers: bearer(role) });
    expect((await accept("viewer")).status).toBe(403);
    expect((await accept("editor")).status).toBe(204);
    expect(gateway.audited.map(({ entry }) => [entry.action, entry.outcome])).toContainEqual(["check.accept_baseline", "ok"]);
  });
});

describe("reading checks", () => {
  test("joins each with its schedule and passes the page on", async () => {
    const { roles } = keeping();
    await using gateway = startTestGateway(roles);
    const list = async () => (await (await gateway.fetch("/api/v1/checks?tag=env:prod&limit=1", { headers: bearer("viewer") })).json()) as { items: { schedule: unknown }[]; nextCursor: string };
    expect((await list()).items[0]!.schedule).toBeNull();
    await gateway.fetch("/api/v1/schedules", json("POST", { checkId: "chk_1", every: "90s" }));
    const page = await list();
    expect(page.nextCursor).toBe("c2");
    expect(page.items[0]!.schedule).toEqual({ every: "1m30s", state: "active", nextRunAt: "1970-01-01T00:00:01.000Z", lastRunAt: null });
  });

  test("by tag, whose value may hold colons while its name may not", async () => {
    const asked: unknown[] = [];
    const listChecks: NonNullable<FakeRoles["config"]>["listChecks"] = ({ tags }) => {
      asked.push(tags);
      return Promise.resolve({ items: [] });
    };
    await using gateway = startTestGateway({ config: { listChecks } });
    const list = async (tag: string) => (await gateway.fetch(`/api/v1/checks?tag=${tag}`, { headers: bearer("viewer") })).status;
    expect([await list("url:http://x"), await list("env:"), await list("env"), await list(":prod")]).toEqual([200, 200, 422, 422]);
    expect(asked).toEqual([{ url: "http://x" }, { env: "" }]);
  });

  test("the state of a check asks one role once", async () => {
    const asked: string[] = [];
    await using gateway = startTestGateway({
      core: {
        getCheckStatus: ({ checkId }) => {
          asked.push(checkId);
          return Promise.resolve({ checkId, state: "up", sinceMs: 1_000, strip: "uud", stripLatencyMs: [1.5, 2.253, 35.68, 1240.4, Number.NaN], uptime24h: 0.5 });
        },
      },
    });
    const response = await gateway.fetch("/api/v1/checks/chk_1/status", { headers: bearer("viewer") });
    expect(await response.json()).toEqual({
      checkId: "chk_1",
      state: "up",
      since: "1970-01-01T00:00:01.000Z",
      lastResult: null,
      strip: "uud",
      stripLatencyMs: [1.5, 2.25, 35.7, 1240, null],
      uptime24h: 0.5,
      locations: [],
    });
    expect(asked).toEqual(["chk_1"]);
  });
});

test("all states at once may come without the details of their last results", async () => {
  const lastResult = { id: "run_1", checkId: "chk_1", location: "eu-1", status: "up", startedAtMs: 1, finishedAtMs: 2, latencyMs: 41.2, attempts: 1, phases: { dnsMs: 1 } };
  await using gateway = startTestGateway({ core: { listCheckStatuses: () => Promise.resolve({ items: [{ checkId: "chk_1", state: "up", lastResult, stripLatencyMs: [1.23, 35.68] }, { checkId: "chk_2", state: "pending" }] }) } });
  const list = async (query: string) => ((await (await gateway.fetch(`/api/v1/statuses${query}`, { headers: bearer("viewer") })).json()) as { items: { lastResult: object | null }[] }).items;
  const brief = await list("?brief=true");
  expect(brief.map((status) => status.lastResult)).toEqual([
    { id: "run_1", location: "eu-1", startedAt: "1970-01-01T00:00:00.001Z", finishedAt: "1970-01-01T00:00:00.002Z", status: "up", latencyMs: 41.2, error: null },
    null,
  ]);
  expect(brief[0]).toMatchObject({ stripLatencyMs: [1.2, 36] });
  expect((await list(""))[0]!.lastResult).toMatchObject({ phases: { dnsMs: 1 }, attempts: 1 });
});

describe("proto files", () => {
  test("come as JSON or as a form of files", async () => {
    const got: unknown[] = [];
    await using gateway = startTestGateway({
      forge: {
        parseProto: ({ name, files }) => {
          got.push([name, files.map((file) => [file.name, file.text])]);
          return Promise.resolve({ id: "prt_1", name, createdAtMs: 1 });
        },
      },
    });
    const form = new FormData();
    form.set("name", "shop");
    form.append("files", new File(['syntax = "proto3";'], "shop.proto"));
    form.append("files", new File(["// second"], "item.proto"));
    expect((await gateway.fetch("/api/v1/forge/protos", { method: "POST", headers: bearer("editor"), body: form })).status).toBe(201);
    await gateway.fetch("/api/v1/forge/protos", json("POST", { files: [{ name: "api/a.proto", text: "x" }] }));
    expect(got).toEqual([
      ["shop", [["shop.proto", 'syntax = "proto3";'], ["item.proto", "// second"]]],
      ["a", [["api/a.proto", "x"]]],
    ]);
  });

  test("checks that are proposed are created when asked to, all or none", async () => {
    const { roles, log } = keeping();
    roles.forge = { generateConfig: () => Promise.resolve({ checks: [{ name: "a" }, { name: "b" }] }) };
    await using gateway = startTestGateway(roles);
    const ask = (create: boolean) => gateway.fetch("/api/v1/forge/protos/prt_1/checks", json("POST", { address: "h:1", create }));
    expect(await (await ask(false)).json()).toEqual({ checks: [{ name: "a" }, { name: "b" }], created: [] });
    expect(log).toEqual([]);
    const { createCheck } = roles.config!;
    let made = 0;
    roles.config!.createCheck = (request, call) => (++made === 2 ? Promise.reject(new AppError("invalid_argument", "no")) : createCheck!(request, call));
    await using failing = startTestGateway(roles);
    expect((await failing.fetch("/api/v1/forge/protos/prt_1/checks", json("POST", { address: "h:1", create: true }))).status).toBe(422);
    expect(log).toEqual(['create {"name":"a"}', "schedule 60s", "delete"]);
  });
});

describe("dead letters", () => {
  test("are those of one's own tenant only", async () => {
    await using gateway = startTestGateway();
    const letter = (id: string, tenantId: string) => ({ id, tenantId, queue: "notifications" as const, attempts: 3, reason: "gave up", diedAtMs: 1 });
    gateway.deadLetters.push(letter("foreign", "ten_2"), letter("own", "ten_1"), letter("older", "ten_1"));
    const { items } = (await (await gateway.fetch("/api/v1/dead-letters?limit=1", { headers: bearer("admin") })).json()) as { items: { id: string }[] };
    expect(items.map(({ id }) => id)).toEqual(["own"]);
    const replay = async (id: string) => (await gateway.fetch(`/api/v1/dead-letters/${id}/replay`, { method: "POST", headers: bearer("admin") })).status;
    expect([await replay("own"), await replay("foreign"), await replay("none")]).toEqual([204, 404, 404]);
  });
});
