/** A store with some rows in every table, of the kinds that are easily damaged on their way: quotes, zero bytes, nulls, fractions. */
import { createSqliteResultStore } from "../adapters/sqlite/results.ts";
import type { SqliteStore } from "../adapters/sqlite/connection.ts";
import { insertRows } from "../adapters/sqlite/copy_rows.ts";
import type { MissedSlots, ResultStore, StoredResult } from "#ports/results";
import type { StoredRow, StoredValue } from "#ports/store_copy";
import { storedTables, type StoredTable } from "#ports/stored_tables";
import { createFakeClock } from "./fake_clock.ts";

export const filledFromMs = Date.UTC(2026, 2, 1, 23, 40);
const filledSeries = ["chk_1", "chk_2", "chk_3@eu-1", "chk_dense"];
const filledTenant = "ten_1";
const day = 86_400_000;
export const retention = { resultsMs: 90 * day, minutesMs: 2 * day, hoursMs: 400 * day, daysMs: 1_000 * day };

const ofResults = ["check_series", "result_missed", "rollups", "results"];
const strange = `"quoted" 'single' \\ NULL {a,b} ünï 🙂 \n`;
const states: Record<string, string[]> = { role: ["owner", "viewer"], count_as: ["up", "down"], state: ["resolved"], severity: ["critical", "warning"], "notifications.state": ["waiting", "sent"] };

export async function fillStore(store: SqliteStore, rows = 30): Promise<void> {
  for (const table of storedTables) {
    if (!ofResults.includes(table.name)) await store.write((tx) => insertRows(tx, table, someRows(table, rows)));
  }
  await store.write((tx) => {
    tx.run("INSERT INTO leases VALUES ('scheduler', 'somebody', 7, 0)");
    tx.run("UPDATE incident_causes SET message = 'zero ' || char(0) || ' byte'");
    tx.run("UPDATE incidents SET state = 'open' WHERE id = 'inc_3'");
  });
}

/** Rows of one table, that fit those of the same number in the others. Of series there are results to be had, too. */
export function someRows(table: StoredTable, rows: number): StoredRow[] {
  return Array.from({ length: rows }, (_, i) => table.columns.map((column) => valueFor(table, column, i)));
}

const ids: Record<string, string> = { tenant_id: "ten", user_id: "usr", created_by: "usr", session_id: "ses", incident_id: "inc", proto_set_id: "prt", check_id: "chk" };
const ownIds: Record<string, string> = { tenants: "ten", users: "usr", sessions: "ses", incidents: "inc", proto_sets: "prt" };
const nullable = ["sessions.ended_at_ms", "refresh_tokens.spent_at_ms", "recovery_codes.spent_at_ms", "proto_sets.reflection_json", "heartbeat_pings.exit_code", "heartbeat_pings.duration"];

function valueFor(table: StoredTable, { name, kind }: StoredTable["columns"][number], i: number): StoredValue {
  if (nullable.includes(`${table.name}.${name}`) && i % 2 === 1) return null;
  if (name === "id" && kind === "text") return `${ownIds[table.name] ?? table.name}_${i}`;
  if (ids[name]) return `${ids[name]}_${i}`;
  const choices = states[`${table.name}.${name}`] ?? (table.name === "incident_check_states" ? undefined : states[name]);
  if (choices && table.name !== "heartbeats") return choices[i % choices.length]!;
  if (table.name === "checks" && name === "document") return JSON.stringify({ id: `checks_${i}`, tenantId: `ten_${i}`, name: strange, tags: { env: `prod ${strange}`, team: String(i) } });
  if (kind === "whole") return name.endsWith("_ms") || name.endsWith("_at") ? filledFromMs + i : i + 1;
  if (kind === "flag") return i % 3 === 0;
  if (kind === "real") return i / 3;
  if (kind === "bytes") return table.name === "heartbeat_pings" ? new TextEncoder().encode(`\0${strange}${i}`) : Uint8Array.from({ length: 40 }, (_, b) => (b * 7 + i) % 256);
  return `${name} ${i} ${strange}`;
}

/** Of four series and one that was forgotten: some sealed, some in a log that is being sealed, some that nobody was told of. */
export async function fillResults(store: SqliteStore, steps = 130): Promise<ResultStore> {
  const clock = createFakeClock(filledFromMs);
  // Time is up after each piece of work, so that a log is sealed one check at a time.
  let looks = 0;
  const results = createSqliteResultStore({ store, clock: { ...clock, now: () => clock.now(), monotonic: () => (looks += 20) }, retention, logRows: 200 });
  await results.open();
  let sequence = 0;
  for (let step = 0; step < steps; step++) {
    const slotMs = filledFromMs + step * 30_000;
    const some = filledSeries.slice(0, 3).map((id, i) => resultAt(id, slotMs, step % (7 + i) === 3));
    const dense = [0, 10_000, 20_000].map((after) => resultAt("chk_dense", slotMs + after, false));
    const gone = step < 90 ? [resultAt("chk_gone", slotMs, step % 2 === 0)] : [];
    const gaps: MissedSlots[] = step % 50 === 20 ? [{ tenantId: filledTenant, checkId: "chk_2", firstSlotMs: slotMs + 1_000, lastSlotMs: slotMs + 5_000, count: 3, reason: strange }] : [];
    const all = [...some, ...dense, ...gone];
    await results.append(all, gaps);
    sequence = all.at(-1)!.sequence;
    if (step < steps - 8) results.markRelayed(sequence);
    if (step === 90) await results.forget(filledTenant, "chk_gone");
    await results.maintain(slotMs);
    if (step % 3 === 0) await results.maintain(slotMs);
  }
  // A manual run, long after its slot.
  await results.append([{ ...resultAt("chk_1", filledFromMs + 30_001, true), trigger: "manual" }], []);
  await results.flush();
  return results;
}

function resultAt(checkId: string, slotMs: number, isDown: boolean): StoredResult {
  const latencyMs = 20 + ((slotMs / 1_000) % 17) * 1.7;
  return {
    sequence: 0,
    tenantId: filledTenant,
    checkId,
    checkNo: 0,
    slotMs,
    startedAtMs: slotMs + 3,
    status: isDown ? "down" : "up",
    trigger: "schedule",
    latencyMs,
    dnsMs: isDown ? Number.NaN : 1.5,
    connectMs: 2.25,
    tlsMs: Number.NaN,
    firstByteMs: isDown ? Number.NaN : 7,
    transferMs: isDown ? Number.NaN : 0.125,
    lagMs: 3,
    code: isDown ? 0 : 200,
    bodyBytes: 123,
    attempts: isDown ? 2 : 1,
    probeLagMs: 0.5,
    lostSyns: isDown ? 2 : 0,
    detail: isDown ? { error: { kind: "timeout", message: `no answer \0 ${strange}`, hash: "h" }, observed: { body: strange }, assertions: [], attempts: [{ n: 1 }] } : undefined,
  };
}

/** All that the product says of the results. */
export async function viewOfResults(results: ResultStore, steps = 130): Promise<unknown[]> {
  const range = [filledFromMs, filledFromMs + steps * 30_000] as const;
  const views: unknown[] = [];
  for (const id of [...filledSeries, "chk_gone"]) {
    for (const status of [undefined, "down", "up"] as const) views.push(await results.history({ tenantId: filledTenant, checkId: id, limit: 10_000, fromMs: 0, beforeMs: Number.MAX_SAFE_INTEGER, status }));
    views.push(await results.missed(filledTenant, id, ...range));
    for (const tier of ["minute", "hour", "day"] as const) views.push((await results.rollups(filledTenant, id, tier, ...range)).map((bucket) => ({ ...bucket, latencySumMs: Math.round(bucket.latencySumMs * 1_000) })));
  }
  const counts = await results.runCounts({ tenantId: filledTenant, checkIds: filledSeries, tier: "hour", fromMs: range[0], toMs: range[1] });
  views.push(counts.toSorted((a, b) => (a.checkId < b.checkId ? -1 : 1)), await results.after(results.relayed(), 10_000), results.relayed());
  return views;
}
