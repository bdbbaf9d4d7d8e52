import { describe, expect, test } from "bun:test";
import { AppError } from "#kernel/errors";
import { bearer, json, startTestGateway } from "./test_gateway.ts";

const atMs = Date.UTC(2026, 0, 2);
const at = "2026-01-02T00:00:00.000Z";
const matchers = [{ label: "tag.env", op: "eq", value: "prod" }];
const route = { id: "rte_1", name: "Prod", position: 10, enabled: true, matchers, channels: ["chn_1"], continue: false, groupBy: [], groupWaitMs: 0, reminderEveryMs: 0, escalation: [{ afterMs: 60_000, channels: ["chn_2"] }], version: 3, createdAtMs: atMs, updatedAtMs: atMs };
const silence = { id: "sil_1", matchers, startsAtMs: atMs, endsAtMs: atMs + 3_600_000, comment: "deploy", createdBy: "usr_1", version: 2, createdAtMs: atMs, updatedAtMs: atMs, state: "active" };
const check = (id: string, env: string) => ({ id, name: `Check ${id}`, type: "http", tags: { env }, channels: ["chn_9"], severity: "warning" });

function startGateway() {
  const asked: unknown[] = [];
  const noted =
    <T>(name: string, answer: T) =>
    (request: object) => {
      const { $typeName: _, ...said } = request as Record<string, unknown>;
      asked.push([name, JSON.parse(JSON.stringify(said))]);
      return Promise.resolve(answer);
    };
  const gateway = startTestGateway({
    notification: {
      createRoute: noted("createRoute", route),
      updateRoute: noted("updateRoute", route),
      listRoutes: noted("listRoutes", { items: [route] }),
      tryRoutes: noted("tryRoutes", { routes: [{ id: "rte_1", name: "Prod" }], channels: [{ id: "chn_1", name: "Ops", because: 'route "Prod"' }, { id: "chn_2", name: "", because: "gone" }] }),
      createSilence: noted("createSilence", silence),
      updateSilence: noted("updateSilence", silence),
      endSilence: noted("endSilence", { ...silence, state: "expired" }),
      listSilences: noted("listSilences", { items: [silence], nextCursor: "c" }),
      listNotifications: noted("listNotifications", { items: [{ id: "ntf_1", state: "skipped", because: "silence", groupedInto: "ntf_2", createdAtMs: atMs }], nextCursor: "" }),
      retryDead: noted("retryDead", { count: 4 }),
    },
    config: {
      getCheck: ({ id }) => (id === "chk_1" ? Promise.resolve(check("chk_1", "prod")) : Promise.reject(new AppError("not_found", `no check "${id}"`))),
      listChecks: ({ cursor }) => Promise.resolve(cursor === "" ? { items: [check("chk_1", "prod"), check("chk_2", "test")], nextCursor: "2" } : { items: [check("chk_3", "prod")], nextCursor: "" }),
    },
  });
  const call = async (method: string, path: string, body?: unknown, headers = bearer("editor")) => {
    const response = await gateway.fetch(`/api/v1${path}`, body === undefined ? { method, headers } : json(method, body, headers));
    return { status: response.status, headers: response.headers, body: (await response.json().catch(() => null)) as Record<string, unknown> };
  };
  return { asked, call, audited: gateway.audited, [Symbol.asyncDispose]: () => gateway.stop() };
}

describe("routes", () => {
  test("are written as a document, and read with what is as usual as null", async () => {
    await using on = startGateway();
    const made = await on.call("POST", "/routes", { name: "Prod", matchers });
    expect([made.status, made.headers.get("location"), made.headers.get("etag")]).toEqual([201, "/api/v1/routes/rte_1", '"3"']);
    const { createdAtMs: _, updatedAtMs: __, ...shown } = route;
    expect(made.body).toEqual({ ...shown, groupIntervalMs: null, createdAt: at, updatedAt: at });
    expect((await on.call("GET", "/routes")).body).toEqual({ items: [made.body] });
    await on.call("PATCH", "/routes/rte_1", { groupWaitMs: null }, { ...bearer("editor"), "if-match": '"3"' });
    expect(on.asked).toEqual([["createRoute", { route: { name: "Prod", matchers } }], ["listRoutes", {}], ["updateRoute", { id: "rte_1", patch: { groupWaitMs: null }, version: 3 }]]);
    expect((await on.call("PATCH", "/routes/rte_1", { name: "x" })).status).toBe(422);
    expect(on.audited.map(({ entry }) => [entry.action, entry.subject])).toEqual([["route.create", "rte_1"], ["route.update", "rte_1"]]);
  });

  test("are tried with the labels and the own channels of a check", async () => {
    await using on = startGateway();
    const tried = await on.call("POST", "/routes/test", { checkId: "chk_1", labels: { kind: "timeout" } }, bearer("viewer"));
    expect(tried.body).toEqual({ routes: [{ id: "rte_1", name: "Prod" }], channels: [{ id: "chn_1", name: "Ops", because: 'route "Prod"' }, { id: "chn_2", name: null, because: "gone" }] });
    await on.call("POST", "/routes/test", { severity: "warning" });
    await on.call("POST", "/routes/test", {});
    expect(on.asked).toEqual([
      ["tryRoutes", { labels: { event: "incident.opened", severity: "warning", checkId: "chk_1", name: "Check chk_1", type: "http", "tag.env": "prod", kind: "timeout" }, channels: ["chn_9"] }],
      ["tryRoutes", { labels: { event: "incident.opened", severity: "warning" }, channels: [] }],
      ["tryRoutes", { labels: { event: "incident.opened", severity: "critical" }, channels: [] }],
    ]);
    expect((await on.call("POST", "/routes/test", { checkId: "chk_7" })).status).toBe(404);
    expect((await on.call("POST", "/routes/test", { severity: "loud" })).status).toBe(422);
  });
});

describe("silences", () => {
  test("are written, read in pages with their state, and ended", async () => {
    await using on = startGateway();
    const document = { matchers, endsAt: "2026-01-02T01:00:00Z", comment: "deploy" };
    const made = await on.call("POST", "/silences", document);
    expect([made.status, made.headers.get("location"), made.headers.get("etag")]).toEqual([201, "/api/v1/silences/sil_1", '"2"']);
    expect(made.body).toEqual({ id: "sil_1", matchers, startsAt: at, endsAt: "2026-01-02T01:00:00.000Z", comment: "deploy", state: "active", createdBy: "usr_1", version: 2, createdAt: at, updatedAt: at });
    expect((await on.call("GET", "/silences?limit=1")).body).toEqual({ items: [made.body], nextCursor: "c" });
    expect((await on.call("POST", "/silences/sil_1/end")).body).toMatchObject({ state: "expired" });
    await on.call("PATCH", "/silences/sil_1", { comment: "x", version: 2 });
    expect(on.asked).toEqual([
      ["createSilence", { silence: document }],
      ["listSilences", { limit: 1, cursor: "" }],
      ["endSilence", { id: "sil_1" }],
      ["updateSilence", { id: "sil_1", patch: { comment: "x" }, version: 2 }],
    ]);
    expect(on.audited.map(({ entry }) => entry.action)).toEqual(["silence.create", "silence.end", "silence.update"]);
  });

  test("a preview counts the checks of every page, and leaves out what only incidents have", async () => {
    await using on = startGateway();
    const preview = await on.call("POST", "/silences/preview", { matchers: [...matchers, { label: "severity", op: "eq", value: "critical" }] }, bearer("viewer"));
    expect(preview.body).toEqual({ checks: [{ id: "chk_1", name: "Check chk_1" }, { id: "chk_3", name: "Check chk_3" }], checkCount: 2 });
    const wrong = await on.call("POST", "/silences/preview", { matchers: [{ label: "env", op: "eq", value: "prod" }] });
    expect([wrong.status, wrong.body]).toMatchObject([422, { errors: [{ pointer: "/matchers/0/label" }] }]);
  });
});

describe("the ledger", () => {
  test("is filtered by channel, event, time and state, and says why", async () => {
    await using on = startGateway();
    const { body } = await on.call("GET", "/notifications?state=held&channelId=chn_1&eventType=incident.opened&from=2026-01-02T02:00:00%2B02:00&to=2026-01-03T00:00:00Z");
    expect(body).toMatchObject({ items: [{ id: "ntf_1", because: "silence", groupedInto: "ntf_2", fallbackFor: null }] });
    expect(on.asked).toEqual([["listNotifications", { incidentId: "", state: "held", limit: 50, cursor: "", channelId: "chn_1", eventType: "incident.opened", fromMs: atMs, toMs: atMs + 86_400_000 }]]);
    expect((await on.call("GET", "/notifications?from=yesterday")).status).toBe(422);
  });

  test("all dead messages of a channel are sent again at once", async () => {
    await using on = startGateway();
    expect((await on.call("POST", "/notifications/retry", { channelId: "chn_1" })).body).toEqual({ count: 4 });
    expect((await on.call("POST", "/notifications/retry", {})).status).toBe(422);
    expect([on.asked, on.audited.map(({ entry }) => entry.action)]).toEqual([[["retryDead", { channelId: "chn_1" }]], ["notification.retry_dead"]]);
  });
});
