/** Asks the product, as any client of its API may, for everything that the checker judges. */
import type { Product } from "../start_product.ts";
import type { AcknowledgedWrite, IncidentSeen, MissedSeen, NotificationSeen, ResultSeen, WatchedCheck } from "./history.ts";

export type WantedCheck = Omit<WatchedCheck, "detectMs" | "results" | "missed">;

interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

const pageSize = 200;

/** `own` are the incidents of UptimePing itself. */
export async function collectAnswers(product: Product, checks: readonly WantedCheck[], own: ReadonlySet<string>) {
  const watched: WatchedCheck[] = [];
  for (const check of checks) watched.push({ ...check, detectMs: await printedBound(product, check.id), ...(await resultsOf(product, check.id)) });
  return { checks: watched, incidents: await incidentsOf(product), notifications: await notificationsOf(product, own) };
}

async function printedBound(product: Product, checkId: string): Promise<number> {
  const { body } = await product.api<{ guarantee: { detectMs: number } }>("GET", `/checks/${checkId}`);
  return body.guarantee.detectMs;
}

/** What the API has said yes to, and how to see that it was done. */
export interface Write {
  what: string;
  isThere(product: Product): Promise<boolean>;
}

export async function verifyWrites(product: Product, writes: readonly Write[]): Promise<AcknowledgedWrite[]> {
  const verified: AcknowledgedWrite[] = [];
  for (const { what, isThere } of writes) verified.push({ what, isThere: await isThere(product) });
  return verified;
}

export async function resultsOf(product: Product, checkId: string): Promise<{ results: ResultSeen[]; missed: MissedSeen[] }> {
  type Result = { id: string; scheduledAt: string; startedAt: string; finishedAt: string; status: string; trigger: string; latencyMs: number; error: { kind: string; message: string } | null };
  type Missed = { firstSlotAt: string; lastSlotAt: string; count: number; reason: string };
  const missed = new Map<string, MissedSeen>();
  const results: ResultSeen[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { body }: { body: Page<Result> & { missed: Missed[] } } = await product.api("GET", `/checks/${checkId}/results?limit=${pageSize}&cursor=${cursor}`);
    for (const { id, scheduledAt, startedAt, finishedAt, status, trigger, latencyMs, error } of body.items) {
      const times = { slotMs: Date.parse(scheduledAt), startedAtMs: Date.parse(startedAt), finishedAtMs: Date.parse(finishedAt) };
      results.push({ id, ...times, status, trigger, latencyMs, error: error === null ? "" : `${error.kind}: ${error.message}` });
    }
    // A gap may reach over the edge of a page.
    for (const { firstSlotAt, lastSlotAt, count, reason } of body.missed) missed.set(firstSlotAt + reason, { firstSlotMs: Date.parse(firstSlotAt), lastSlotMs: Date.parse(lastSlotAt), count, reason });
    cursor = body.nextCursor;
  }
  return { results, missed: [...missed.values()] };
}

async function incidentsOf(product: Product): Promise<IncidentSeen[]> {
  type Incident = { id: string; checkId: string; state: string; startedAt: string; openedAt: string; resolvedAt: string | null; timeline: { type: string; at: string }[] };
  const listed = (await allOf<Incident>(product, "/incidents?")).filter(({ checkId }) => !isOwn(checkId));
  const seen: IncidentSeen[] = [];
  for (const { id } of listed) {
    const { body } = await product.api<Incident>("GET", `/incidents/${id}`);
    const { checkId, state, startedAt, openedAt, resolvedAt, timeline } = body;
    const times = { startedAtMs: Date.parse(startedAt), openedAtMs: Date.parse(openedAt), resolvedAtMs: resolvedAt === null ? Number.NaN : Date.parse(resolvedAt) };
    seen.push({ id, checkId, state, ...times, timeline: timeline.map(({ type, at }) => ({ type, atMs: Date.parse(at) })) });
  }
  return seen;
}

/** What UptimePing says of itself (a message that was given up, a half that stands still) is no promise about a target. */
const isOwn = (checkId: string) => checkId.startsWith("platform:");

/** Ids of the incidents of UptimePing itself. */
export async function ownIncidents(product: Product): Promise<Set<string>> {
  const all = await allOf<{ id: string; checkId: string }>(product, "/incidents?");
  return new Set(all.filter(({ checkId }) => isOwn(checkId)).map(({ id }) => id));
}

export async function notificationsOf(product: Product, own: ReadonlySet<string>): Promise<NotificationSeen[]> {
  type Row = Omit<NotificationSeen, "attempts" | "lastError" | "groupedInto"> & { lastError: string | null; groupedInto: string | null; attempts: unknown[] };
  const rows = await allOf<Row>(product, "/notifications?");
  return rows.filter(({ incidentId }) => !own.has(incidentId)).map(({ id, incidentId, channelId, eventType, groupedInto, state, reason, lastError, attempts }) => {
    return { id, incidentId, channelId, eventType, groupedInto: groupedInto ?? "", state, reason, lastError: lastError ?? "", attempts: attempts.length };
  });
}

async function allOf<T>(product: Product, path: string): Promise<T[]> {
  const items: T[] = [];
  for (let cursor: string | null = ""; cursor !== null; ) {
    const { body }: { body: Page<T> } = await product.api("GET", `${path}limit=${pageSize}&cursor=${cursor}`);
    items.push(...body.items);
    cursor = body.nextCursor;
  }
  return items;
}
