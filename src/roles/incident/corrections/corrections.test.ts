import { expect, test } from "bun:test";
import type { Correction, Incident, Overlay } from "#contracts/uptimeping/incident/v1/incident_pb";
import { type Call, systemCall } from "#kernel/call";
import { runResult, startIncidentRole } from "../../../testing/incident_role.ts";
import { openTempStore } from "../../../testing/temp_store.ts";

const minuteMs = 60_000;
const startMs = Date.UTC(2026, 0, 1);
const editor: Call = { ...systemCall("test", "ten_1"), actor: { type: "user", id: "usr_1", role: "editor", ip: "" } };
const viewer: Call = { ...editor, actor: { ...editor.actor, role: "viewer" } };

async function start() {
  const temp = await openTempStore();
  const role = await startIncidentRole(temp.store, { checks: [{ id: "chk_1" }, { id: "chk_2", tenantId: "ten_2" }] });
  await role.take(runResult({ minute: 1 }), runResult({ minute: 2 }), runResult({ minute: 5, status: "up" }), runResult({ minute: 6, status: "up" }));
  await role.clock.advance(60 * minuteMs);
  const dispose = async () => {
    await role.stop();
    await temp[Symbol.asyncDispose]();
  };
  return { role, [Symbol.asyncDispose]: dispose };
}
type Under = Awaited<ReturnType<typeof start>>;

const wish = (change: object = {}) => ({ checkId: "chk_1", fromMs: startMs + 2 * minuteMs, toMs: startMs + 3 * minuteMs, countAs: "up", reason: "the probe was broken", ...change });
const correct = async ({ role }: Under, change: object = {}, call = editor) => (await role.api.createCorrection(wish(change) as never, call)) as Correction;
const overlay = async ({ role }: Under) => (await role.api.getOverlay({ fromMs: 0, toMs: startMs * 2 } as never, viewer)) as Overlay;

async function corrected({ role }: Under): Promise<string[]> {
  const { items } = await role.api.listIncidents({ state: "", checkId: "", limit: 0, cursor: "" } as never, viewer);
  const { timeline } = (await role.api.getIncident({ id: items![0]!.id } as never, viewer)) as Incident;
  return timeline.filter(({ type }) => type === "corrected").map(({ actor, message }) => `${actor}: ${message}`);
}

test("a correction is kept with who and why, told in the incident that it overlaps, and so is its end", async () => {
  await using under = await start();
  const made = await correct(under);
  expect(made).toMatchObject({ createdBy: "usr_1", reason: "the probe was broken", countAs: "up" });
  await correct(under, { fromMs: startMs + 30 * minuteMs, toMs: startMs + 40 * minuteMs });
  await under.role.api.deleteCorrection({ checkId: "chk_1", id: made.id } as never, editor);
  const span = "2026-01-01T00:02:00.000Z to 2026-01-01T00:03:00.000Z";
  expect(await corrected(under)).toEqual([`usr_1: ${span} counts as up: the probe was broken`, `usr_1: ${span} no longer counts as up`]);
  expect((await overlay(under)).spans).toHaveLength(1);
});

test("in the overlay maintenance comes before corrections, and an older correction before a newer one", async () => {
  await using under = await start();
  await correct(under, { countAs: "down" });
  await correct(under, { countAs: "unknown" });
  const schedule = { start: "2026-01-01T00:00:00Z", end: "2026-01-01T02:00:00Z" };
  await under.role.api.createMaintenance({ window: { name: "Upgrade", matchers: [{ label: "checkId", op: "eq", value: "chk_1" }], schedule } } as never, editor);
  expect((await overlay(under)).spans.map(({ countAs }) => countAs)).toEqual(["maintenance", "down", "unknown"]);
});

test.each([
  [{ countAs: "fine" }, ["/countAs"]],
  [{ reason: " " }, ["/reason"]],
  [{ toMs: startMs }, ["/to"]],
  [{ toMs: startMs + 24 * 60 * minuteMs }, ["/to"]],
  [{ fromMs: 0, toMs: 0, reason: "", countAs: "" }, ["/countAs", "/from", "/to", "/reason"]],
])("%j is refused at %j", async (change, pointers) => {
  await using under = await start();
  const error = await correct(under, change).catch((thrown) => thrown);
  expect([error.code, ...error.fields.map(({ pointer }: { pointer: string }) => pointer)]).toEqual(["invalid_argument", ...pointers]);
});

test("who may only read corrects nothing, and nobody corrects a check of another tenant", async () => {
  await using under = await start();
  expect(correct(under, {}, viewer)).rejects.toMatchObject({ code: "forbidden" });
  expect(correct(under, { checkId: "chk_2" })).rejects.toMatchObject({ code: "not_found" });
});
