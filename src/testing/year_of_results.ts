/** A year of one check, written by the product's own store code while the product does not run: an hour apart, and a minute apart in the end. */
import { createReleases } from "#kernel/lifecycle";
import { systemClock } from "#kernel/clock";
import { silentLog } from "#kernel/log";
import type { StoredResult } from "#ports/results";
import { openSqliteAdapters } from "../adapters/sqlite/index.ts";

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;
/** As long as the product keeps minutes. */
const finelyMs = 2 * dayMs;

export interface YearOf {
  dataDir: string;
  tenantId: string;
  checkId: string;
  days?: number;
}

/** Gives how many results there are. On every 30th day a few runs fail, and an hour of the last day is an outage. */
export async function fillYear({ dataDir, tenantId, checkId, days = 364 }: YearOf): Promise<number> {
  const endMs = Math.floor(Date.now() / minuteMs) * minuteMs;
  let nowMs = endMs - days * dayMs;
  const releases = createReleases(silentLog);
  const retention = { resultsMs: 365 * dayMs, minutesMs: finelyMs, hoursMs: 400 * dayMs, daysMs: 3_660 * dayMs };
  const fatal = (error: Error) => {
    throw error;
  };
  let written = 0;
  try {
    const { results } = await openSqliteAdapters({ dataDir, commitIntervalMs: 0, retention, clock: { ...systemClock, now: () => nowMs }, log: silentLog, releases, onFatal: fatal });
    await results.open();
    while (nowMs < endMs) {
      const fromMs = nowMs;
      nowMs = Math.min(endMs, fromMs + dayMs);
      const stepMs = endMs - fromMs <= finelyMs ? minuteMs : hourMs;
      const batch = Array.from({ length: Math.floor((nowMs - fromMs) / stepMs) }, (_, index) => resultAt({ tenantId, checkId, slotMs: fromMs + index * stepMs, endMs }));
      await results.append(batch, []);
      results.markRelayed(batch.at(-1)!.sequence);
      written += batch.length;
      for (let steps = 0; steps < 8; steps++) await results.maintain(nowMs);
    }
    await results.flush();
  } finally {
    await releases.releaseAll();
  }
  return written;
}

/** Slower by day than by night, and a little slower each month; the wobble is the same each time. */
function resultAt({ tenantId, checkId, slotMs, endMs }: { tenantId: string; checkId: string; slotMs: number; endMs: number }): StoredResult {
  const minute = slotMs / minuteMs;
  const wobble = Math.abs(Math.sin(minute * 12.9898) * 43_758.5453) % 1;
  const busy = 1 + Math.max(0, Math.sin(((slotMs % dayMs) / dayMs - 0.25) * 2 * Math.PI));
  const slow = wobble > 0.985 ? 6 : 1;
  const beforeEndMs = endMs - slotMs;
  const isDown = (Math.floor(beforeEndMs / dayMs) % 30 === 20 && wobble < 0.2) || (beforeEndMs > 7 * hourMs && beforeEndMs <= 8 * hourMs);
  const [dnsMs, connectMs, tlsMs, transferMs] = [2 + 3 * wobble, 9 + 2 * wobble, 18 + 6 * wobble, 4 + 5 * wobble];
  const firstByteMs = (60 + 50 * wobble) * busy * slow;
  const micros = (ms: number) => Math.round(ms * 1_000) / 1_000;
  return {
    sequence: 0,
    tenantId,
    checkId,
    checkNo: 0,
    slotMs,
    startedAtMs: slotMs + 3,
    trigger: "schedule",
    lagMs: 3,
    bodyBytes: 4_321,
    attempts: 1,
    probeLagMs: 0,
    lostSyns: 0,
    status: isDown ? "down" : "up",
    latencyMs: micros(dnsMs + connectMs + tlsMs + firstByteMs + transferMs),
    dnsMs: micros(dnsMs),
    connectMs: micros(connectMs),
    tlsMs: micros(tlsMs),
    firstByteMs: micros(firstByteMs),
    transferMs: micros(transferMs),
    code: isDown ? 503 : 200,
    detail: isDown ? { error: { kind: "http_status", message: "status 503, expected 200-299", hash: "503" }, observed: { status: 503, excerpt: "upstream connect error" }, assertions: [], attempts: [] } : undefined,
  };
}
