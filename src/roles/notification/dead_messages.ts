/**
 * Messages that were given up are an incident of the platform itself: some channel reaches nobody. A message about that incident which
 * is given up as well raises nothing, or one broken channel would keep it alive for ever.
 */
import type { IncidentService } from "#contracts/uptimeping/incident/v1/incident_pb";
import { systemCall, withTimeout } from "#kernel/call";
import type { Clock, Timer } from "#kernel/clock";
import { messageOf } from "#kernel/errors";
import type { Log } from "#kernel/log";
import type { Client } from "#kernel/rpc/contract";
import type { LedgerEvent, LedgerRow } from "#ports/ledger";
import { platformTenant } from "#ports/platform_tenant";

export interface DeadMessages {
  died(row: LedgerRow, events: LedgerEvent[]): void;
  begin(): void;
  stop(): void;
}

interface Death {
  atMs: number;
  channelType: string;
  reason: string;
}

const key = "dead_messages";
/** Somebody wanted it so. */
const byPeople = new Set(["channel_deleted", "channel_disabled"]);
const reportEveryMs = 15_000;
/** A minute of them resolves the incident; some may be lost on the way. */
const enoughGoodReports = 8;
const rememberedMs = 900_000;
const mostRemembered = 1_000;

export function createDeadMessages(incident: Client<typeof IncidentService>, { clock, log }: { clock: Clock; log: Log }): DeadMessages {
  let deaths: Death[] = [];
  let timer: Timer | undefined;
  let goodReports = 0;

  /** Again while there is something to tell, and until its end was told often enough to be believed. */
  const report = () => {
    deaths = deaths.filter(({ atMs }) => clock.monotonic() - atMs < rememberedMs);
    const failing = deaths.length > 0;
    const condition = { key, title: "messages are not delivered", failing, message: failing ? summaryOf(deaths) : "", severity: "critical", sinceMs: 0 };
    incident.reportPlatformCondition(condition, withTimeout(systemCall("notification"), clock, reportEveryMs)).catch((error: unknown) => log.warn("dead messages could not be reported", { reason: messageOf(error) }));
    goodReports = failing ? 0 : goodReports + 1;
    timer?.cancel();
    timer = goodReports < enoughGoodReports ? clock.after(reportEveryMs, report) : undefined;
  };

  return {
    died({ tenantId, channelType, reason }, events) {
      if (tenantId === platformTenant || byPeople.has(reason) || events.every(isAboutDeadMessages)) return;
      deaths = [...deaths, { atMs: clock.monotonic(), channelType, reason }].slice(-mostRemembered);
      report();
    },
    // An earlier process may have left an incident that no longer holds.
    begin: report,
    stop: () => timer?.cancel(),
  };
}

/** Without names: the channel may be another tenant's than the one that hears of it. */
function summaryOf(deaths: Death[]): string {
  const kinds = [...new Set(deaths.map(({ channelType, reason }) => `${channelType}: ${reason.replaceAll("_", " ")}`))];
  const messages = deaths.length === 1 ? "1 message was" : `${deaths.length} messages were`;
  return `${messages} given up in the last quarter of an hour (${kinds.join("; ")})`;
}

function isAboutDeadMessages({ payload }: LedgerEvent): boolean {
  const { incident } = JSON.parse(payload) as { incident?: { checkId?: string } | null };
  return incident?.checkId === `platform:${key}`;
}
