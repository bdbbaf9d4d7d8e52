/** Maintenance windows: all in memory, so that asking costs nothing while a failing run is judged. */
import type { JsonObject } from "@bufbuild/protobuf";
import type { Clock } from "#kernel/clock";
import { AppError } from "#kernel/errors";
import type { Ids } from "#kernel/ids";
import { mergePatch } from "#kernel/merge_patch";
import type { MaintenanceSpan, MaintenanceStore, MaintenanceWindow } from "#ports/maintenance";
import { compileMatchers, type Labels } from "#ports/matchers";
import type { CheckLabels } from "./check_labels.ts";
import { type MaintenanceDocument, parseMaintenance } from "./document.ts";
import { createLiveWindow, type LiveWindow, type Occurrence } from "./live_window.ts";
import { createSpanRecorder } from "./span_recorder.ts";

export interface ShownWindow {
  window: MaintenanceWindow;
  current: Occurrence | undefined;
  next: Occurrence | undefined;
}

export interface Preview {
  occurrences: Occurrence[];
  checks: { id: string; name: string }[];
}

export interface WindowOccurrence extends Occurrence {
  windowId: string;
}

export interface Maintenance {
  /** The window that covers something with these labels at an instant; the oldest when several do. */
  coveringAt(tenantId: string, labels: Labels, atMs: number): { windowId: string; name: string } | undefined;
  create(tenantId: string, document: JsonObject): Promise<ShownWindow>;
  get(tenantId: string, id: string): Promise<ShownWindow>;
  list(tenantId: string, cursor: string, limit: number): Promise<ShownWindow[]>;
  update(tenantId: string, id: string, change: { patch: JsonObject; version: number }): Promise<ShownWindow>;
  /** What it covered stays written. */
  remove(tenantId: string, id: string): Promise<void>;
  /** Ends the occurrence that lasts. */
  end(tenantId: string, id: string): Promise<ShownWindow>;
  preview(tenantId: string, document: JsonObject): Preview;
  /** Of the windows in force, by their begin; those that touch the stretch count, and those that were over before a window was made do not. */
  between(tenantId: string, fromMs: number, toMs: number): { items: WindowOccurrence[]; hasMore: boolean };
  /** What was covered, oldest first. */
  spans(tenantId: string, fromMs: number, toMs: number): Promise<MaintenanceSpan[]>;
  /** Writes down what is covered now; to be called again and again. */
  record(): Promise<void>;
  /** Forgets what was covered before. */
  sweep(beforeMs: number): Promise<void>;
}

export interface MaintenanceOptions {
  store: MaintenanceStore;
  checks: CheckLabels;
  clock: Clock;
  ids: Ids;
}

const mostWindows = 500;
const previewed = 10;
const sweptAtOnce = 500;
const mostOccurrences = 1_000;
const longestStretchMs = 100 * 86_400_000;

export async function createMaintenance({ store, checks, clock, ids }: MaintenanceOptions): Promise<Maintenance> {
  const recorder = await createSpanRecorder(store, checks);
  /** Tenant → id → window. */
  const tenants = new Map<string, Map<string, LiveWindow>>();
  for (const window of await store.all()) put(createLiveWindow(window));
  let lane: Promise<unknown> = Promise.resolve();

  function put(live: LiveWindow): LiveWindow {
    const { id, tenantId } = live.window;
    if (!tenants.has(tenantId)) tenants.set(tenantId, new Map());
    tenants.get(tenantId)!.set(id, live);
    return live;
  }

  /** One change at a time, or what was covered would be written by two at once. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const done = lane.then(work);
    lane = done.catch(() => {});
    return done;
  };

  const existing = (tenantId: string, id: string): LiveWindow => {
    const live = tenants.get(tenantId)?.get(id);
    if (!live) throw new AppError("not_found", `no maintenance window ${JSON.stringify(id.slice(0, 80))}`);
    return live;
  };

  const shown = (live: LiveWindow): ShownWindow => {
    const nowMs = clock.now();
    return { window: live.window, current: live.occurrenceAt(nowMs), next: live.nextAfter(nowMs) };
  };

  const replace = async (live: LiveWindow, change: Partial<MaintenanceWindow>): Promise<ShownWindow> => {
    const seen = live.window.version;
    const window = { ...live.window, ...change, version: seen + 1, updatedAtMs: clock.now() };
    const changed = createLiveWindow(window);
    await recorder.close(live, window.updatedAtMs);
    if (!(await store.replace(window, seen))) throw new AppError("version_conflict", "somebody else changed the window at the same moment: read it again and repeat your change");
    put(changed);
    await recorder.record(changed, window.updatedAtMs);
    return shown(changed);
  };

  return {
    coveringAt(tenantId, labels, atMs) {
      for (const { window, selects, occurrenceAt } of tenants.get(tenantId)?.values() ?? []) {
        if (occurrenceAt(atMs) && selects(labels)) return { windowId: window.id, name: window.name };
      }
      return undefined;
    },
    create: (tenantId, written) =>
      inTurn(async () => {
        const document = parseMaintenance(written);
        refusePast(document, clock.now());
        if ((tenants.get(tenantId)?.size ?? 0) >= mostWindows) throw new AppError("failed_precondition", `this tenant already has ${mostWindows} maintenance windows: delete those that are over`);
        const nowMs = clock.now();
        const live = createLiveWindow({ ...document, id: ids.next("mnt"), tenantId, endedAtMs: 0, version: 1, createdAtMs: nowMs, updatedAtMs: nowMs });
        await store.insert(live.window);
        put(live);
        await recorder.record(live, nowMs);
        return shown(live);
      }),
    get: async (tenantId, id) => shown(existing(tenantId, id)),
    list: async (tenantId, cursor, limit) => {
      const all = [...(tenants.get(tenantId)?.values() ?? [])].sort((a, b) => (a.window.id < b.window.id ? -1 : 1));
      return all.filter(({ window }) => window.id > cursor).slice(0, limit).map(shown);
    },
    update: (tenantId, id, { patch, version }) =>
      inTurn(async () => {
        const live = existing(tenantId, id);
        if (version !== live.window.version) {
          throw new AppError("version_conflict", `the maintenance window is at version ${live.window.version}, you saw ${version}: read it again and repeat your change`);
        }
        const document = parseMaintenance(patched(live.window, patch));
        const isMoved = JSON.stringify(document.schedule) !== JSON.stringify(live.window.schedule);
        if (isMoved) refusePast(document, clock.now());
        return replace(live, { ...document, endedAtMs: isMoved ? 0 : live.window.endedAtMs });
      }),
    remove: (tenantId, id) =>
      inTurn(async () => {
        const live = existing(tenantId, id);
        await recorder.close(live, clock.now());
        await store.remove(tenantId, id);
        tenants.get(tenantId)!.delete(id);
      }),
    end: (tenantId, id) =>
      inTurn(async () => {
        const live = existing(tenantId, id);
        if (!live.occurrenceAt(clock.now())) throw new AppError("failed_precondition", `the maintenance window "${live.window.name}" does not last now: there is nothing to end`);
        return replace(live, { endedAtMs: clock.now() });
      }),
    preview(tenantId, written) {
      const document = parseMaintenance(written);
      const nowMs = clock.now();
      const live = createLiveWindow({ ...document, enabled: true, id: "", tenantId, endedAtMs: 0, version: 0, createdAtMs: nowMs, updatedAtMs: nowMs });
      return { occurrences: nextOf(live, nowMs), checks: checks.selected(tenantId, compileMatchers(document.matchers)) };
    },
    between(tenantId, fromMs, toMs) {
      if (!(toMs > fromMs && toMs - fromMs <= longestStretchMs)) throw new AppError("invalid_argument", "the stretch cannot be listed: its end must lie after its begin, at most 100 days");
      const windows = [...(tenants.get(tenantId)?.values() ?? [])];
      const items = windows.flatMap((live) => occurrencesBetween(live, fromMs, toMs)).sort((a, b) => a.startMs - b.startMs);
      return { items: items.slice(0, mostOccurrences), hasMore: items.length > mostOccurrences };
    },
    spans: (tenantId, fromMs, toMs) => store.spans(tenantId, fromMs, toMs),
    record: () =>
      inTurn(async () => {
        for (const windows of tenants.values()) for (const live of windows.values()) await recorder.record(live, clock.now());
      }),
    async sweep(beforeMs) {
      for (let removed = sweptAtOnce; removed === sweptAtOnce; ) removed = await store.removeSpansBefore(beforeMs, sweptAtOnce);
    },
  };
}

/** The one that lasts counts too. */
function nextOf(live: LiveWindow, nowMs: number): Occurrence[] {
  const found: Occurrence[] = [];
  for (let next = live.occurrenceAt(nowMs) ?? live.nextAfter(nowMs); next && found.length < previewed; next = live.nextAfter(next.startMs)) found.push(next);
  return found;
}

/** No more of one window than are listed of all. */
function occurrencesBetween(live: LiveWindow, fromMs: number, toMs: number): WindowOccurrence[] {
  const found: WindowOccurrence[] = [];
  const { id, createdAtMs } = live.window;
  for (let next = live.occurrenceAt(fromMs) ?? live.nextAfter(fromMs); next && next.startMs < toMs && found.length <= mostOccurrences; next = live.nextAfter(next.startMs)) {
    if (next.endMs > Math.max(fromMs, createdAtMs)) found.push({ ...next, windowId: id });
  }
  return found;
}

/** A schedule is replaced as a whole: half of a cron and half of a rule would be neither. */
function patched({ name, description, enabled, matchers, schedule }: MaintenanceWindow, patch: JsonObject): JsonObject {
  const { schedule: moved, ...rest } = patch;
  const whole = mergePatch({ name, description, enabled, matchers: matchers as unknown as JsonObject[] }, rest);
  return { ...whole, schedule: moved ?? (schedule as unknown as JsonObject) };
}

function refusePast({ schedule }: MaintenanceDocument, nowMs: number): void {
  if (!("end" in schedule) || Date.parse(schedule.end) > nowMs) return;
  const message = "is over already: to say what past runs count as, correct the past of the check";
  throw new AppError("invalid_argument", `the maintenance window is not valid: its end ${message}`, { fields: [{ pointer: "/schedule/end", message }] });
}
