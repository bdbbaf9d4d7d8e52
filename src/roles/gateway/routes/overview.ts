/** Everything that the first page of a dashboard shows, in one answer. */
import type { Check } from "#contracts/uptimeping/config/v1/config_pb";
import type { CheckStatus } from "#contracts/uptimeping/core/v1/core_pb";
import type { Call } from "#kernel/call";
import { AppError } from "#kernel/errors";
import { route, type Roles } from "../route.ts";
import { overviewShape, overviewView } from "../views/overview.ts";
import { listOf } from "../views/shared.ts";

/** The largest page: between two of them others have their turn. */
const portion = 200;

/** Ten thousand take a second; on a machine that is just starting or has much else to do they may take more. */
const overviewMs = 45_000;

export const overviewRoutes = [
  route({
    method: "GET",
    path: "/overview",
    access: { role: "viewer", scope: "checks:read" },
    summary: "All checks as a list shows them: what each is, how it is, and its recent results in few bytes",
    response: listOf(overviewShape),
    handle: async (request, roles) => {
      const call = request.extended(overviewMs);
      const [checks, statuses, flapping] = await Promise.all([allChecks(call, roles), allStatuses(call, roles), flappingChecks(call, roles)]);
      return { items: checks.map((check) => overviewView(check, statuses.get(check.id), flapping.has(check.id))) };
    },
  }),
];

async function allChecks(call: Call, { config }: Roles): Promise<Check[]> {
  const checks: Check[] = [];
  for (let cursor: string | undefined; cursor !== ""; ) {
    const page = await config.listChecks({ limit: portion, cursor: cursor ?? "" }, call);
    checks.push(...page.items);
    cursor = page.nextCursor;
  }
  return checks;
}

/** What is watched can be seen while nobody watches it: then every state is pending. */
async function allStatuses(call: Call, { core }: Roles): Promise<Map<string, CheckStatus>> {
  const statuses = new Map<string, CheckStatus>();
  try {
    for (let cursor: string | undefined; cursor !== ""; ) {
      const page = await core.listCheckStatuses({ limit: portion, cursor: cursor ?? "", brief: true }, call);
      for (const status of page.items) statuses.set(status.checkId, status);
      cursor = page.nextCursor;
    }
  } catch (error) {
    if (!(error instanceof AppError && error.code === "unavailable")) throw error;
  }
  return statuses;
}

async function flappingChecks(call: Call, { incident }: Roles): Promise<Set<string>> {
  const { items } = await incident.listCheckConditions({ checkIds: [] }, call).catch(() => ({ items: [] }));
  return new Set(items.filter(({ flapping }) => flapping).map(({ checkId }) => checkId));
}
