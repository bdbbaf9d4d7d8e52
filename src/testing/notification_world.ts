/**
 * The notification pipeline between incidents that happen and receivers that misbehave, on a real SQLite store and a clock of the
 * test's. Everything that can come at an awkward moment is a step: an event, out of order or again, an answer, a crash, time, a clock
 * that is set, a person who wants a message again. What receivers got is written down, for `notification_law.ts` to judge.
 */
import { createBroadcast } from "#kernel/broadcast";
import { silentLog } from "#kernel/log";
import type { ChannelType } from "#ports/channels";
import type { Claimed, LedgerEvent, LedgerRow, LedgerStore } from "#ports/ledger";
import { openSqlite, type SqliteStore } from "../adapters/sqlite/connection.ts";
import { createSqliteLedgerStore } from "../adapters/sqlite/ledger.ts";
import { migrate } from "../adapters/sqlite/migrations.ts";
import { composed } from "../roles/notification/composing.ts";
import { createDeliverer } from "../roles/notification/deliverer.ts";
import { notify, type PipelineTools } from "../roles/notification/pipeline.ts";
import type { Answer } from "../roles/notification/senders/sender.ts";
import { createSteadyClock } from "../roles/notification/steady_clock.ts";
import { createFakeClock } from "./fake_clock.ts";

export type Step =
  | { do: "take"; incident: number; ahead: number }
  | { do: "again"; incident: number }
  | { do: "answer"; which: number; with: "ok" | "fails" | "fails_though_received" | "refused" }
  | { do: "crash"; received: boolean }
  | { do: "wait"; ms: number }
  | { do: "set_clock"; byMs: number }
  | { do: "retry"; which: number };

/** One attempt, as the receiver knows it. */
export interface Attempt {
  id: string;
  rows: string[];
  lines: { incidentId: string; sequence: number }[];
  channelId: string;
  content: string;
  startedAt: number;
  endedAt: number | undefined;
  received: boolean;
  /** With this attempt the message was given up. */
  isLast: boolean;
}

export interface WorldRecord {
  attempts: Attempt[];
  rows: LedgerRow[];
  /** When each event was first taken, on the monotonic clock, by its id. */
  takenAt: Map<string, number>;
  /** The latest moment at which each message that failed should be tried again, on the monotonic clock, and when it was. */
  retries: { id: string; dueAt: number; at: number }[];
  /** How many events there are for each channel. */
  events: LedgerEvent[];
  channels: readonly string[];
  /** Something still waits, or is being sent, after all that time. */
  isStuck: boolean;
}

/** Bugs to see that the law notices them: written around the product, never into it. */
export interface Bug {
  ledger?(ledger: LedgerStore, store: SqliteStore): LedgerStore;
  messageId?(claimed: Claimed): string;
}

const tenantId = "ten_1";
const types = ["incident.opened", "incident.severity_raised", "incident.acknowledged", "incident.resolved", "incident.reopened", "incident.resolved"];
const channelTypes: Record<string, ChannelType> = { chn_people: "slack", chn_machine: "webhook" };
const channels = Object.keys(channelTypes);
export const incidents = 3;
const dayMs = 86_400_000;

interface InFlight {
  attempt: Attempt;
  generation: number;
  end(answer: Answer): void;
}

export async function liveThrough(steps: readonly Step[], bug: Bug = {}): Promise<WorldRecord> {
  const onFatal = (error: Error) => {
    throw error;
  };
  const store = openSqlite({ path: ":memory:", groupMs: 0, onFatal });
  await migrate(store);
  const world = await createWorld(store, bug);
  try {
    for (const step of steps) await world.step(step);
    return await world.end();
  } finally {
    await world.close();
    await store.close();
  }
}

async function createWorld(store: SqliteStore, bug: Bug) {
  const clock = createFakeClock();
  const real = createSqliteLedgerStore(store);
  const broken = bug.ledger?.(real, store) ?? real;
  const pending = Array.from({ length: incidents }, (_, incident) => types.map((type, index) => eventOf(incident, type, index + 1)));
  const taken = pending.map((): LedgerEvent[] => []);
  const record: Pick<WorldRecord, "attempts" | "takenAt" | "retries"> = { attempts: [], takenAt: new Map(), retries: [] };
  const dueAt = new Map<string, number>();
  let flying: InFlight[] = [];
  let generation = 0;
  let ids = 0;

  const attempt = (claimed: Claimed, of: number) =>
    new Promise<Answer>((resolve) => {
      const id = bug.messageId?.(claimed) ?? claimed.row.id;
      const due = dueAt.get(claimed.row.id);
      if (due !== undefined) record.retries.push({ id, dueAt: due, at: clock.monotonic() });
      dueAt.delete(claimed.row.id);
      const one = attemptOf(id, claimed, clock.monotonic());
      record.attempts.push(one);
      flying.push({ attempt: one, generation: of, end: resolve });
    });

  /** A process: what one that is gone asks for never happens. */
  const startProcess = async (of: number) => {
    const ledger = livingOnly(broken, () => of === generation);
    const steady = createSteadyClock(clock, (byMs) => void ledger.shift(byMs).then(() => deliverer.wake()));
    const deliverer = createDeliverer({
      ledger,
      changes: createBroadcast(),
      clock: steady,
      log: silentLog,
      concurrency: 32,
      attempt: (claimed) => attempt(claimed, of),
      failed: async () => {},
      settled(row) {
        if (row.state === "waiting") dueAt.set(row.id, clock.monotonic() + row.nextAttemptAtMs - clock.now());
        if (row.state === "dead") Object.assign(record.attempts.findLast(({ rows }) => rows[0] === row.id)!, { isLast: true });
      },
    });
    await ledger.recover(steady.now());
    const tools = { channels: channelStore, routes: { list: async () => [] }, silences: { muting: async () => undefined }, ledger, deliverer, changes: createBroadcast<LedgerRow>(), ids: { next: () => `ntf_${String(++ids).padStart(6, "0")}` }, now: () => steady.now() } as unknown as PipelineTools;
    deliverer.wake();
    return { tools, deliverer };
  };
  let process = await startProcess(generation);

  const take = async (event: LedgerEvent) => {
    if (!record.takenAt.has(event.id)) record.takenAt.set(event.id, clock.monotonic());
    const occasion = { event, labels: { event: event.type }, wanted: channels, muted: "" };
    await notify(occasion, process.tools);
  };
  const answer = (one: InFlight, how: "ok" | "fails" | "fails_though_received" | "refused") => {
    flying = flying.filter((other) => other !== one);
    one.attempt.endedAt = clock.monotonic();
    one.attempt.received = how === "ok" || how === "fails_though_received";
    if (how === "ok") return one.end({ ok: true, text: "" });
    one.end(how === "refused" ? { ok: false, text: "no", next: "give_up", reason: "refused_by_receiver" } : { ok: false, text: "later", next: "retry" });
  };

  const takeNext = async (incident: number, ahead: number) => {
    const [event] = pending[incident]!.splice(Math.min(ahead, pending[incident]!.length - 1), 1);
    if (event === undefined) return;
    taken[incident]!.push(event);
    await take(event);
  };
  const crash = async (received: boolean) => {
    generation++;
    for (const { attempt: one, end } of flying) {
      Object.assign(one, { endedAt: clock.monotonic(), received });
      // What it would do now finds its process gone.
      end({ ok: true, text: "" });
    }
    flying = [];
    await process.deliverer.stop().catch(() => {});
    process = await startProcess(generation);
  };
  const retry = async (which: number) => {
    const rows = await broken.list(tenantId, { ...everything, limit: 1_000 });
    const row = rows[which % Math.max(1, rows.length)];
    if (row === undefined || (await broken.revive(tenantId, row.id, process.tools.now())) === undefined) return;
    dueAt.delete(row.groupedInto || row.id);
    process.deliverer.wake();
  };

  const step = async (one: Step) => {
    if (one.do === "take") await takeNext(one.incident, one.ahead);
    if (one.do === "again" && taken[one.incident]!.length > 0) await take(taken[one.incident]![0]!);
    if (one.do === "answer" && flying.length > 0) answer(flying[one.which % flying.length]!, one.with);
    if (one.do === "crash") await crash(one.received);
    if (one.do === "wait") await clock.advance(one.ms);
    if (one.do === "set_clock") clock.jump(one.byMs);
    if (one.do === "retry") await retry(one.which);
    // A clock that was set is noticed as soon as anybody looks at it.
    process.tools.now();
    await settled();
  };

  return {
    step,
    /** The rest of the events, and receivers that are well again. */
    async end(): Promise<WorldRecord> {
      for (const [incident, left] of pending.entries()) while (left.length > 0) await takeNext(incident, 0);
      for (let rounds = 0; rounds < 40; rounds++) {
        await settled();
        for (const one of flying.slice()) answer(one, "ok");
        await settled();
        if (flying.length > 0) continue;
        const due = await broken.nextDueAtMs([]);
        if (due === undefined) break;
        await clock.advance(Math.min(Math.max(due - clock.now(), 0), 2 * dayMs) + 1);
      }
      const rows = await broken.list(tenantId, { ...everything, limit: 1_000 });
      return { ...record, rows, events: taken.flat(), channels, isStuck: rows.some(({ state }) => state === "waiting" || state === "sending") };
    },
    async close() {
      generation++;
      for (const { end } of flying) end({ ok: true, text: "" });
      await process.deliverer.stop().catch(() => {});
    },
  };
}

const everything = { incidentId: "", state: "", channelId: "", eventType: "", fromMs: 0, toMs: 0, limit: 100, cursor: "" };

function eventOf(incident: number, type: string, sequence: number): LedgerEvent {
  const incidentId = `inc_${incident}`;
  const payload = JSON.stringify({ incident: { id: incidentId, checkName: "Shop", severity: "critical" }, check: null, result: null });
  return { id: `evt_${incident}_${sequence}`, tenantId, type, atMs: Date.UTC(2026, 0, 1), incidentId, sequence, payload };
}

function attemptOf(id: string, claimed: Claimed, startedAt: number): Attempt {
  const all = [claimed, ...claimed.members];
  return {
    id,
    rows: all.map(({ row }) => row.id),
    lines: all.map(({ event: { incidentId, sequence } }) => ({ incidentId, sequence })),
    channelId: claimed.row.channelId,
    content: JSON.stringify(composed(claimed, "en")),
    startedAt,
    endedAt: undefined,
    received: false,
    isLast: false,
  };
}

const channelStore = {
  find: async (_: string, id: string) => ({ id, tenantId, name: id, type: channelTypes[id], enabled: true, fallback: "" }),
};

/** Every call of a process that is gone fails, and nothing of it reaches the store. */
function livingOnly(ledger: LedgerStore, lives: () => boolean): LedgerStore {
  return new Proxy(ledger, {
    get: (target, name: keyof LedgerStore) => async (...given: never[]) => {
      if (!lives()) throw new Error("this process is gone");
      return (target[name] as (...all: never[]) => unknown)(...given);
    },
  });
}

/** Lets commits and what follows them happen. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await new Promise((resolve) => setImmediate(resolve));
}
