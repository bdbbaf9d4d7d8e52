/** What is looked for in the audit log, as it stands in the address of the page and as the server is asked for it. */
import { query } from "../api.ts";

export const filterNames = ["actor", "action", "subject", "from", "to"] as const;
export type AuditFilter = Record<(typeof filterNames)[number], string>;

export function filterIn(search: URLSearchParams): AuditFilter {
  return Object.fromEntries(filterNames.map((name) => [name, search.get(name) ?? ""])) as AuditFilter;
}

/** Days are whole days of the reader: `to` is the last one that is shown. */
export function auditQuery(filter: AuditFilter, more: Record<string, string | number> = {}): string {
  return query({ ...filter, from: startOf(filter.from), to: startOf(filter.to, 1), ...more });
}

function startOf(day: string, daysLater = 0): string {
  const [year, month, date] = day.split("-").map(Number);
  if (!year || !month || !date) return "";
  return new Date(year, month - 1, date + daysLater).toISOString();
}

/** Actions by what they begin with. */
export const actionGroups = ["auth.", "member.", "api_key.", "tenant.", "check.", "schedule.", "incident.", "channel.", "route.", "silence.", "maintenance.", "template.", "notification.", "proto_set.", "status_", "scan.", "dead_letter."] as const;
