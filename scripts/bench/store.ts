/** The product's data directory while the product does not run, through its own store code: to fill it, and to read what it kept. */
import { create } from "@bufbuild/protobuf";
import { CheckSchema, type Check } from "#contracts/uptimeping/config/v1/config_pb";
import { systemClock, type Clock } from "#kernel/clock";
import { createIds } from "#kernel/ids";
import { createReleases } from "#kernel/lifecycle";
import { silentLog } from "#kernel/log";
import { parseCheckDocument } from "#ports/check_document";
import type { MissedSlots, StoredResult } from "#ports/results";
import { openSqliteAdapters } from "../../src/adapters/sqlite/index.ts";
import { messageOfDocument } from "../../src/roles/config/document.ts";
import type { CheckInput } from "./kinds.ts";
import { owner } from "./product.ts";

export type Store = Awaited<ReturnType<typeof openSqliteAdapters>>;

const day = 86_400_000;

export async function withStore<T>(dataDir: string, work: (store: Store) => Promise<T>, clock: Clock = systemClock): Promise<T> {
  const releases = createReleases(silentLog);
  const onFatal = (error: Error) => {
    throw error;
  };
  const retention = { resultsMs: 365 * day, minutesMs: 2 * day, hoursMs: 400 * day, daysMs: 3_660 * day };
  try {
    return await work(await openSqliteAdapters({ dataDir, commitIntervalMs: 0, retention, clock, log: silentLog, releases, onFatal }));
  } finally {
    await releases.releaseAll();
  }
}

/** Puts checks and their schedules where the product will find them at its next start; gives them as it will see them. */
export function seedChecks(dataDir: string, documents: CheckInput[], everyMs: number): Promise<Check[]> {
  return withStore(dataDir, async ({ identity, checks, schedules, leases }) => {
    const user = await identity.accounts.byEmail(owner.email);
    const tenantId = (await identity.accounts.tenantsOf(user?.id ?? ""))[0]?.tenant.id;
    if (tenantId === undefined) throw new Error(`${dataDir} has no owner yet: start the product there once`);
    const ids = createIds(Date.now);
    const now = Date.now();
    const lease = await leases.acquire("scheduler", "local", { epoch: 0, nowMs: now, ttlMs: 60_000 });
    if (!lease) throw new Error(`${dataDir} is in use by another scheduler`);
    const made = documents.map((document) => create(CheckSchema, { ...messageFor(document), id: ids.next("chk"), tenantId, version: 1, createdAtMs: now, updatedAtMs: now }));
    // All in one commit each.
    await Promise.all(made.map((check) => checks.insert(check)));
    const schedule = { tenantId, everyMs, cron: "", timezone: "", removed: false, createdAtMs: now, activeSinceMs: now, toldMs: 0 };
    await Promise.all(made.map(({ id }) => schedules.save({ ...schedule, checkId: id }, lease.epoch)));
    await leases.release(lease);
    return made;
  });
}

function messageFor(document: CheckInput) {
  const parsed = parseCheckDocument(document);
  if (!parsed.ok) throw new Error(`${document.name}: ${parsed.fields.map(({ pointer, message }) => `${pointer} ${message}`).join(", ")}`);
  return messageOfDocument(parsed.check);
}

/** A stretch of wall time, epoch milliseconds. */
export interface Span {
  fromMs: number;
  toMs: number;
}

const pageOfResults = 5_000;

/** Hands over what is stored of each check between two moments: results that started, slots that were missed. */
export function readResults(dataDir: string, { fromMs, toMs }: Span, take: (check: Check, results: StoredResult[], missed: MissedSlots[]) => void): Promise<void> {
  return withStore(dataDir, async ({ checks, results }) => {
    await results.open();
    for await (const batch of checks.all()) {
      for (const check of batch) {
        const { tenantId, id } = check;
        const found: StoredResult[] = [];
        for (let beforeMs = toMs; ; beforeMs = found.at(-1)!.slotMs) {
          const page = await results.history({ tenantId, checkId: id, limit: pageOfResults, beforeMs, fromMs, status: undefined });
          found.push(...page);
          if (page.length < pageOfResults) break;
        }
        take(check, found, await results.missed(tenantId, id, fromMs, toMs));
      }
    }
  });
}
