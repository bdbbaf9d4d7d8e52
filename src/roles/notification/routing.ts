/** Which routes an incident takes, and what that means for its messages. Pure. */
import { compileMatchers, labelsOf, type Labels } from "#ports/matchers";
import type { IncidentEvent } from "#contracts/uptimeping/events/v1/events_pb";
import type { Route } from "#ports/routes";

/** What silences and routes can look at. */
export function labelsOfEvent({ type, reason, check, incident }: IncidentEvent): Labels {
  const ofCheck = check ? labelsOf(check) : { checkId: incident?.checkId ?? "", name: incident?.checkName ?? "" };
  const cause = incident?.causes.at(-1);
  return { ...ofCheck, severity: incident?.severity ?? "", kind: cause?.kind ?? "", event: type, reason };
}

/** In their order: the first that matches, and the ones after it for as long as they say so. */
export function routesFor(routes: readonly Route[], labels: Labels): Route[] {
  const taken: Route[] = [];
  for (const route of routes) {
    if (!route.enabled || !compileMatchers(route.matchers)(labels)) continue;
    taken.push(route);
    if (!route.continue) break;
  }
  return taken;
}

/** The check's own channels, else those of its routes; undefined for every enabled channel of the tenant. */
export function channelsFor(wanted: readonly string[], taken: readonly Route[]): { id: string; because: string }[] | undefined {
  if (wanted.length > 0) return wanted.map((id) => ({ id, because: "" }));
  if (taken.length === 0) return undefined;
  return taken.flatMap((route) => route.channels.map((id) => ({ id, because: `route "${route.name}"` })));
}

/** What keeps the messages of different groups apart. News of another kind does not wait for each other: an end follows its beginning at once. */
export function groupKeyOf(route: Route | undefined, { labels, event }: { labels: Labels; event: { type: string } }): string {
  const kind = event.type === "incident.reopened" ? "incident.opened" : event.type;
  const values = (route?.groupBy ?? []).map((label) => `${label}=${labels[label] ?? ""}`);
  return [kind, route?.id ?? "all", ...values].join("\n").slice(0, 1_000);
}
