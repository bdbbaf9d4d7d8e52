/** The URL to which the job of a heartbeat check reports. It is a credential to report with, so only those who may change the check see it. */
import { hasRole } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { pingPath } from "./pings.ts";
import type { Roles, RouteRequest } from "./route.ts";
import { grants } from "./scopes.ts";

type Asker = Pick<RouteRequest<unknown, unknown>, "http" | "call" | "identity">;

export async function withPingUrls<T extends { id: string; type: string }>(checks: T[], asker: Asker, roles: Roles): Promise<(T & { pingUrl?: string })[]> {
  const heartbeats = checks.filter(({ type }) => type === "heartbeat");
  if (heartbeats.length === 0 || !mayChange(asker)) return checks;
  const { items } = await roles.core.listPingTokens({ checkIds: heartbeats.map(({ id }) => id) }, asker.call).catch(nothingWhenAway);
  const tokens = new Map(items.map(({ checkId, token }) => [checkId, token]));
  return checks.map((check) => {
    const token = tokens.get(check.id);
    return token === undefined ? check : { ...check, pingUrl: pingUrlOf(token, asker.http, roles) };
  });
}

export async function withPingUrl<T extends { id: string; type: string }>(check: T, asker: Asker, roles: Roles): Promise<T & { pingUrl?: string }> {
  return (await withPingUrls([check], asker, roles))[0]!;
}

/** Below the public URL, or where this request came to when none is set. */
export function pingUrlOf(token: string, http: Request, { publicUrl }: Roles): string {
  return `${publicUrl || (URL.parse(http.url)?.origin ?? "")}${pingPath}${token}`;
}

function mayChange({ call, identity }: Asker): boolean {
  return hasRole(call.actor, "editor") && identity !== undefined && grants(identity.scopes, "checks:write");
}

/** Checks can be read while nobody runs them. */
function nothingWhenAway(error: unknown): { items: { checkId: string; token: string }[] } {
  if (error instanceof AppError && (error.code === "unavailable" || error.code === "deadline_exceeded")) return { items: [] };
  throw error;
}
